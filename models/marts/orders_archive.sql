{{ config(
    materialized='table',
    format='delta',
    partition_by=['ordered_on'],
    trigger={'processing_time': '10 seconds'},
    tags=['finance'],
) }}

SELECT
  order_id,
  customer_id,
  ordered_at,
  CAST(ordered_at AS DATE) AS ordered_on,
  channel,
  country,
  currency,
  amount,
  amount_eur
FROM {{ ref('orders_in_eur') }}
