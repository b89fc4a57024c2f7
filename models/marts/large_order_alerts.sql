{{ config(
    materialized='topic',
    topic='shop.large_order_alerts',
    key=['customer_id'],
    headers={'country': 'country'},
    trigger={'processing_time': '2 seconds'},
    tags=['alerts'],
) }}

SELECT order_id, customer_id, ordered_at, received_at, channel, country, city, quantity, amount, currency
FROM {{ ref('stg_orders') }}
WHERE quantity >= {{ var('large_order_pieces') }}
