{{ config(materialized='topic', topic='alerts.unshipped_orders', key=['order_id'], tags=['alerts']) }}

SELECT o.order_id, o.customer_id, o.ordered_at
FROM {{ source('store', 'orders') }} AS o
LEFT JOIN {{ source('store', 'shipments') }} AS s
  ON s.order_id = o.order_id
  AND s.shipped_at >= o.ordered_at
  AND s.shipped_at <= o.ordered_at + INTERVAL 2 DAYS
WHERE s.shipment_id IS NULL
