{{ config(materialized='topic', topic='alerts.low_stock', key=['warehouse', 'product_id'], tags=['alerts']) }}

SELECT
  window(moved_at, '1 hour').end AS at,
  warehouse,
  product_id,
  sum(quantity) AS gained,
  -sum(quantity) FILTER (WHERE quantity < 0) AS taken
FROM {{ source('store', 'stock_movements') }}
GROUP BY window(moved_at, '1 hour'), warehouse, product_id
HAVING -sum(quantity) FILTER (WHERE quantity < 0) > sum(quantity) FILTER (WHERE quantity > 0) / 2
