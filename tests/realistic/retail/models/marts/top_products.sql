{{ config(materialized='topic', topic='web.top_products', key=['hour']) }}

WITH sold AS (
  SELECT window(ordered_at, '1 hour') AS hour, product_id, sum(quantity) AS pieces
  FROM {{ ref('stg_order_lines') }}
  GROUP BY window(ordered_at, '1 hour'), product_id
)

SELECT
  hour.start AS hour,
  slice(sort_array(collect_list(struct(pieces, product_id)), false), 1, 5) AS best
FROM sold
GROUP BY sold.hour
