{{ config(materialized='topic', topic='risk.fraud_scores', key=['authorization_id']) }}

{%- set signals = [
  ("amount > " ~ var('large_amount'), 0.3),
  ("is_cross_border", 0.2),
  ("entry_mode = 'keyed'", 0.15),
  ("terminal_tries > 2", 0.1),
] %}

SELECT
  authorization_id,
  requested_at,
  card_hash,
  least(1.0D, category_risk * 0.25
  {%- for condition, weight in signals %}
    + CASE WHEN {{ condition }} THEN {{ weight }} ELSE 0 END
  {%- endfor %}) AS score
FROM {{ ref('stg_authorizations') }}
WHERE is_approved
