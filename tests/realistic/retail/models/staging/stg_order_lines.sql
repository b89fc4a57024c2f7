SELECT
  o.order_id,
  o.customer_id,
  o.country,
  line.product_id,
  line.quantity,
  line.quantity * line.price AS amount,
  o.ordered_at
FROM {{ source('store', 'orders') }} AS o
LATERAL VIEW explode(o.lines) l AS line
