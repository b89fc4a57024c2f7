{{ config(
    materialized='topic',
    topic='warehouse.stock_levels',
    key=['warehouse', 'product_id'],
    output_mode='update',
    topic_config={'cleanup.policy': 'compact'},
) }}

-- Stock is what ever came and went: its state is as large as the range, and stays.
SELECT warehouse, product_id, sum(quantity) AS in_stock, max(moved_at) AS changed_at
FROM {{ source('store', 'stock_movements') }}
GROUP BY warehouse, product_id
