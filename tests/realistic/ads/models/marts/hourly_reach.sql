{{ config(materialized='table', format='delta') }}

-- Minutes first, so that an hour needs little state.
WITH minutes AS (
  SELECT campaign_id, window(happened_at, '1 minute') AS minute, hll_sketch_agg(user_id) AS users
  FROM {{ ref('stg_impressions') }}
  GROUP BY campaign_id, window(happened_at, '1 minute')
)

SELECT
  campaign_id,
  window(minute, '1 hour').start AS hour,
  hll_sketch_estimate(hll_union_agg(users)) AS reach
FROM minutes
GROUP BY campaign_id, window(minute, '1 hour')
