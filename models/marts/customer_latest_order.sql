{{ config(
    materialized='table',
    format='delta',
    unique_key=['customer_id'],
    order_by=['ordered_at', 'order_id'],
    trigger={'processing_time': '10 seconds'},
    tags=['customers'],
) }}

SELECT customer_id, order_id, ordered_at, country, amount_eur
FROM {{ ref('orders_in_eur') }}
