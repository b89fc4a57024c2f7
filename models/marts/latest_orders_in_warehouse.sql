{{ config(
    materialized='sink',
    enabled=var('warehouse'),
    connector='jdbc',
    connection='warehouse',
    table='customer_latest_order',
    unique_key=['customer_id'],
    order_by=['ordered_at', 'order_id'],
    tags=['customers'],
) }}

SELECT customer_id, order_id, ordered_at, country, amount_eur
FROM {{ ref('orders_in_eur') }}
