{% macro is_bot(agent) -%}
  coalesce(lower({{ agent }}) RLIKE '(bot|crawler|spider|headless)', false)
{%- endmacro %}

{% macro event_columns(id, time) -%}
  {{ id }} AS event_id, campaign_id, user_id, {{ time }} AS happened_at
{%- endmacro %}
