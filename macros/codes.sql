{# Codes (currencies, countries) come in any case and with blanks around them. #}
{% macro clean_code(column) -%}
  upper(trim({{ column }}))
{%- endmacro %}
