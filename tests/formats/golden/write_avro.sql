-- format: avro
-- write: ref__orders
-- columns: {order_id: int, ordered_at: timestamp, note: string}
-- key: [order_id]
-- schema: {subject: orders-value, type: AVRO, versions: [{version: 2, id: 300, schema: {type: record, name: Order, fields: [{name: order_id, type: long}, {name: note, type: ["null", string], default: null}, {name: ordered_at, type: {type: long, logicalType: timestamp-millis}}]}}]}
SELECT
  to_json(struct(order_id), map('ignoreNullFields', 'false')) AS key,
  concat(X'000000012C', to_avro(named_struct('order_id', CAST(order_id AS bigint), 'note', note, 'ordered_at', ordered_at), '{"type":"record","name":"Order","fields":[{"name":"order_id","type":"long"},{"name":"note","type":["null","string"],"default":null},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}')) AS value
FROM ref__orders
