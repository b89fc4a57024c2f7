{# The one type of every amount of money in this project. #}
{% macro money_type() -%}
  decimal(12,2)
{%- endmacro %}

{# An amount rounded to cents. What does not fit becomes NULL: a plain CAST would stop the query. #}
{% macro money(expression) -%}
  try_cast({{ expression }} AS {{ money_type() }})
{%- endmacro %}

{# Hundredths, as payment providers count, to an amount; never through a float. #}
{% macro cents_to_money(column) -%}
  {{ money(column ~ ' * 0.01') }}
{%- endmacro %}

{# The sum of an expression over the lines of an order; inside it, a line is called `item`. #}
{% macro sum_items(expression, type) -%}
  aggregate(
    items,
    CAST(0 AS {{ type }}),
    (total, item) -> try_cast(total + coalesce({{ expression }}, 0) AS {{ type }})
  )
{%- endmacro %}
