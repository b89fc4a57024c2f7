{# Minor units to an amount; currencies without minor units are the exception. #}
{% macro amount_of(minor, currency) -%}
  try_cast(CASE WHEN {{ currency }} IN ('JPY', 'KRW') THEN {{ minor }} ELSE {{ minor }} * 0.01 END AS decimal(18,2))
{%- endmacro %}

{% macro masked(column) -%}
  concat(left({{ column }}, 6), '******', right({{ column }}, 4))
{%- endmacro %}
