{{ config(
    materialized='topic',
    topic='shop.revenue_per_minute',
    key=['currency'],
    tags=['finance'],
) }}

{%- set minute = event_window('ordered_at', '1 minute') %}

SELECT
  {{ minute }}.start AS minute,
  currency,
  count(*) AS orders,
  sum(amount) AS revenue,
  max(amount) AS largest_order
FROM {{ ref('orders_deduplicated') }}
GROUP BY {{ minute }}, currency
