{# Celsius from tenths of a degree Fahrenheit, as the old firmware sends them. #}
{% macro celsius(column) -%}
  ({{ column }} / 10.0 - 32) * 5 / 9
{%- endmacro %}
