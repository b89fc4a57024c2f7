-- format: avro
-- columns: {order_id: bigint not null, note: string, ordered_at: timestamp}
-- hidden: [_offset]
-- schema: {type: record, name: Order, fields: [{name: order_id, type: long}, {name: note, type: ["null", string], default: null}, {name: ordered_at, type: {type: long, logicalType: timestamp-millis}}]}
SELECT
  record.value.order_id AS order_id,
  record.value.note AS note,
  record.value.ordered_at AS ordered_at,
  offset AS _offset
FROM (
  SELECT * FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(
  from_avro(concat(value, X'F39A11C75E8D02B4'),
      '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"long"},{"name":"note","type":["null","string"],"default":null},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}',
      map('mode', 'PERMISSIVE', 'datetimeRebaseMode', 'CORRECTED'))
)) AS record
WHERE (record.end = X'F39A11C75E8D02B4'
  AND NOT contains(value, X'F39A11C75E8D02B4')
  AND record.value.order_id IS NOT NULL
  AND is_valid_utf8(concat_ws(' ', record.value.note)))
