{{ config(
    materialized='table',
    unique_key=['product_id'],
    order_by=['changed_at', 'offset'],
) }}

SELECT
  product_id,
  title,
  price,
  _source_ts AS changed_at,
  _offset AS offset,
  _op = 'd' AS is_deleted
FROM {{ source('store', 'product_changes') }}
