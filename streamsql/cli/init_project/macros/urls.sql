{# The first part of a URL's path: 'shop' for https://example.com/shop/shoes. #}
{% macro section_of(url) -%}
  coalesce(nullif(split_part(try_parse_url({{ url }}, 'PATH'), '/', 2), ''), 'home')
{%- endmacro %}
