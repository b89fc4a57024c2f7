{{ config(
    materialized='topic',
    topic='shop.paid_orders',
    key=['customer_id'],
    tags=['payments'],
) }}

WITH orders AS (
  SELECT * FROM {{ ref('orders_deduplicated') }}
),

payments AS (
  SELECT * FROM {{ ref('stg_payments') }} WHERE is_captured
)

SELECT
  orders.order_id,
  orders.customer_id,
  orders.ordered_at,
  payments.paid_at,
  unix_timestamp(payments.paid_at) - unix_timestamp(orders.ordered_at) AS seconds_to_payment,
  payments.payment_id,
  payments.method,
  orders.amount,
  payments.amount AS amount_paid,
  orders.currency
FROM orders
JOIN payments
  ON payments.order_id = orders.order_id
  AND {{ within('payments.paid_at', 'orders.ordered_at', var('payment_deadline')) }}
