{{ config(materialized='topic', topic='ads.attributed_clicks', key=['campaign_id']) }}

SELECT
  c.event_id AS click_id,
  i.event_id AS impression_id,
  c.campaign_id,
  c.user_id,
  i.site,
  i.variant,
  i.happened_at AS shown_at,
  c.happened_at AS clicked_at
FROM {{ ref('stg_clicks') }} AS c
LEFT JOIN {{ ref('stg_impressions') }} AS i
  ON i.user_id = c.user_id
  AND i.campaign_id = c.campaign_id
  AND c.happened_at BETWEEN i.happened_at AND i.happened_at + INTERVAL '{{ var('attribution') }}'
