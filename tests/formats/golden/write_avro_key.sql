-- format: json
-- write: ref__orders
-- columns: {order_id: int, note: string}
-- key: [order_id]
-- key_format: avro
-- key_schema: {subject: orders-key, type: AVRO, versions: [{version: 1, id: 9, schema: long}]}
SELECT
  concat(X'0000000009', to_avro(CAST(order_id AS bigint), '"long"')) AS key,
  to_json(struct(order_id, note), map('ignoreNullFields', 'false')) AS value
FROM ref__orders
