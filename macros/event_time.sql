{# The window of event time that a row belongs to: group by it, select its `.start` and `.end`. #}
{% macro event_window(column, size) -%}
  window({{ column }}, '{{ size }}')
{%- endmacro %}

{#
  Whether `later` happens no earlier than `earlier` and at most `interval` after it. Both bounds
  stand in the ON clause of a join of two streams: from them Spark learns when it may forget a row.
#}
{% macro within(later, earlier, interval) -%}
  {{ later }} BETWEEN {{ earlier }} AND {{ earlier }} + INTERVAL '{{ interval }}'
{%- endmacro %}
