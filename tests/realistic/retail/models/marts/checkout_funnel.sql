{{ config(materialized='topic', topic='web.checkout_funnel', key=['visitor_id']) }}

WITH carts AS (
  SELECT * FROM {{ ref('stg_page_events') }} WHERE kind = 'cart'
),

purchases AS (
  SELECT * FROM {{ ref('stg_page_events') }} WHERE kind = 'purchase'
)

SELECT
  c.visitor_id,
  c.product_id,
  c.happened_at AS wanted_at,
  p.happened_at AS bought_at,
  p.event_id IS NOT NULL AS is_bought
FROM carts AS c
LEFT JOIN purchases AS p
  ON p.visitor_id = c.visitor_id
  AND p.product_id = c.product_id
  AND p.happened_at BETWEEN c.happened_at AND c.happened_at + INTERVAL 1 HOUR
