{{ config(materialized='topic', topic='risk.card_velocity', key=['card_hash']) }}

SELECT
  card_hash,
  window(requested_at, '10 minutes', '1 minute').end AS as_of,
  count(*) AS attempts,
  count_if(NOT is_approved) AS declined,
  approx_count_distinct(merchant_id) AS merchants,
  sum(amount) FILTER (WHERE is_approved) AS approved_amount,
  collect_set(network) AS networks
FROM {{ ref('stg_authorizations') }}
GROUP BY card_hash, window(requested_at, '10 minutes', '1 minute')
HAVING count(*) >= {{ var('velocity_limit') }}
