-- format: json
-- write: ref__orders
-- columns: {order_id: binary, note: varchar(3)}
-- key: [order_id]
-- key_format: raw
SELECT
  order_id AS key,
  to_json(struct(order_id, note), map('ignoreNullFields', 'false')) AS value
FROM ref__orders
