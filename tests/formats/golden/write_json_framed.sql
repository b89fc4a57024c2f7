-- format: json
-- write: ref__orders
-- columns: {order_id: int, note: string}
-- schema: {subject: orders-value, type: JSON, versions: [{version: 1, id: 9, schema: {type: object, properties: {order_id: {type: integer}, note: {type: string}}}}]}
SELECT
  concat(X'0000000009', CAST(to_json(struct(order_id, note), map('ignoreNullFields', 'false')) AS BINARY)) AS value
FROM ref__orders
