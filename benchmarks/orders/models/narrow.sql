{{ config(materialized='topic', connection='kafka', topic='narrow', key=['order_id']) }}

SELECT
  order_id,
  upper(currency) AS currency,
  amount,
  field_02,
  field_03
FROM {{ source('shop', 'wide') }}
WHERE amount > 0
