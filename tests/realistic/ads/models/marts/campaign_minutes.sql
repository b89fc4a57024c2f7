{{ config(materialized='topic', topic='ads.campaign_minutes', key=['campaign_id']) }}

WITH events AS (
  SELECT campaign_id, happened_at, 1 AS impressions, 0 AS clicks FROM {{ ref('stg_impressions') }}
  UNION ALL
  SELECT campaign_id, happened_at, 0 AS impressions, 1 AS clicks FROM {{ ref('stg_clicks') }}
)

SELECT
  e.campaign_id,
  c.advertiser,
  window(e.happened_at, '1 minute').start AS minute,
  sum(e.impressions) AS impressions,
  sum(e.clicks) AS clicks,
  sum(e.clicks) / nullif(sum(e.impressions), 0) AS click_rate,
  sum(e.impressions * c.cpm_micros) / 1000 AS spent_micros
FROM events AS e
JOIN {{ ref('campaigns') }} AS c ON c.campaign_id = e.campaign_id AND NOT c.is_test
GROUP BY e.campaign_id, c.advertiser, window(e.happened_at, '1 minute')
