{% macro level_of(points) -%}
  CASE
  {%- for level, least in [(5, 10000), (4, 5000), (3, 2000), (2, 500)] %}
    WHEN {{ points }} >= {{ least }} THEN {{ level }}
  {%- endfor %}
    ELSE 1
  END
{%- endmacro %}
