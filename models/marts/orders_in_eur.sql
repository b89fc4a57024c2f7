{{ config(
    materialized='topic',
    topic='shop.orders_in_eur',
    key=['customer_id'],
    tags=['finance'],
) }}

WITH orders AS (
  SELECT * FROM {{ ref('orders_deduplicated') }}
),

rates AS (
  SELECT * FROM {{ ref('currency_rates') }}
)

SELECT
  orders.order_id,
  orders.customer_id,
  orders.ordered_at,
  orders.channel,
  orders.country,
  orders.currency,
  orders.amount,
  rates.rate_to_eur,
  {{ money('orders.amount * rates.rate_to_eur') }} AS amount_eur
FROM orders
LEFT JOIN rates ON rates.currency = orders.currency
