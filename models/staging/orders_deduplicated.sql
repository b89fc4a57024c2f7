{{ config(dedup={'keys': ['order_id'], 'within': '1 hour'}) }}

SELECT order_id, customer_id, ordered_at, channel, country, currency, amount
FROM {{ ref('stg_orders') }}
