-- format: avro
-- columns: {order_id: bigint, note: string, ordered_at: timestamp}
-- on_error: dead_letter
-- event_time: ordered_at
-- schema: {subject: orders-value, type: AVRO, versions: [{version: 1, id: 7, schema: {type: record, name: Order, fields: [{name: order_id, type: int}, {name: ordered_at, type: {type: long, logicalType: timestamp-millis}}]}}, {version: 2, id: 300, schema: {type: record, name: Order, fields: [{name: order_id, type: long}, {name: note, type: ["null", string], default: null}, {name: ordered_at, type: {type: long, logicalType: timestamp-millis}}]}}]}
SELECT
  record.value.order_id AS order_id,
  record.value.note AS note,
  record.value.ordered_at AS ordered_at
FROM (
  SELECT * FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(
  CASE substring(value, 1, 5)
    WHEN X'000000012C' THEN from_avro(concat(substring(value, 6), X'F39A11C75E8D02B4'),
      '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"long"},{"name":"note","type":["null","string"],"default":null},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}',
      map('mode', 'PERMISSIVE', 'datetimeRebaseMode', 'CORRECTED'))
    WHEN X'0000000007' THEN from_avro(concat(substring(value, 6), X'F39A11C75E8D02B4'),
      '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"int"},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}',
      map('mode', 'PERMISSIVE', 'datetimeRebaseMode', 'CORRECTED', 'avroSchema', '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"long"},{"name":"note","type":["null","string"],"default":null},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}'))
  END
)) AS record
WHERE (record.end = X'F39A11C75E8D02B4'
  AND NOT contains(value, X'F39A11C75E8D02B4')
  AND is_valid_utf8(concat_ws(' ', record.value.note))
  AND unix_micros(record.value.ordered_at) <= unix_micros(timestamp) + 86400000000)
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN octet_length(value) = 0 THEN 'empty value'
    WHEN substring(value, 1, 1) <> X'00' THEN concat('unknown magic byte: 0x', hex(substring(value, 1, 1)), ', not 0x00')
    WHEN octet_length(value) < 5 THEN 'truncated: no whole schema id'
    WHEN substring(value, 1, 5) NOT IN (X'000000012C', X'0000000007') THEN concat('unknown schema id: ', conv(hex(substring(value, 2, 4)), 16, 10))
    WHEN contains(value, X'F39A11C75E8D02B4') THEN 'holds the reserved bytes F39A11C75E8D02B4'
    WHEN record.end IS NULL THEN concat('not readable with schema id ', conv(hex(substring(value, 2, 4)), 16, 10), ': truncated, or not such a record')
    WHEN record.end <> X'F39A11C75E8D02B4' THEN 'not one record: bytes follow it'
    WHEN NOT (is_valid_utf8(concat_ws(' ', record.value.note))) THEN 'invalid UTF-8: note'
    WHEN record.value.ordered_at IS NULL THEN 'event time is null: ordered_at'
    WHEN NOT unix_micros(record.value.ordered_at) <= unix_micros(timestamp) + 86400000000 THEN concat('event time too far ahead: ordered_at is ', record.value.ordered_at)
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM (
  SELECT * FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(
  CASE substring(value, 1, 5)
    WHEN X'000000012C' THEN from_avro(concat(substring(value, 6), X'F39A11C75E8D02B4'),
      '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"long"},{"name":"note","type":["null","string"],"default":null},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}',
      map('mode', 'PERMISSIVE', 'datetimeRebaseMode', 'CORRECTED'))
    WHEN X'0000000007' THEN from_avro(concat(substring(value, 6), X'F39A11C75E8D02B4'),
      '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"int"},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}',
      map('mode', 'PERMISSIVE', 'datetimeRebaseMode', 'CORRECTED', 'avroSchema', '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":{"type":"record","name":"Order","fields":[{"name":"order_id","type":"long"},{"name":"note","type":["null","string"],"default":null},{"name":"ordered_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}'))
  END
)) AS record
WHERE NOT coalesce((record.end = X'F39A11C75E8D02B4'
  AND NOT contains(value, X'F39A11C75E8D02B4')
  AND is_valid_utf8(concat_ws(' ', record.value.note))
  AND unix_micros(record.value.ordered_at) <= unix_micros(timestamp) + 86400000000), false)
