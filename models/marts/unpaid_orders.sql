{{ config(
    materialized='topic',
    topic='shop.unpaid_orders',
    key=['customer_id'],
    tags=['payments', 'alerts'],
) }}

WITH orders AS (
  SELECT * FROM {{ ref('orders_deduplicated') }}
),

payments AS (
  SELECT order_id, paid_at FROM {{ ref('stg_payments') }} WHERE is_captured
)

SELECT
  orders.order_id,
  orders.customer_id,
  orders.ordered_at,
  orders.amount,
  orders.currency
FROM orders
-- streamsql: ignore[idle-source-stops-output] somebody pays at any time of the day
LEFT JOIN payments
  ON payments.order_id = orders.order_id
  AND {{ within('payments.paid_at', 'orders.ordered_at', var('payment_deadline')) }}
-- Spark refuses an anti join of two streams; this says the same.
WHERE payments.order_id IS NULL
