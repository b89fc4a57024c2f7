-- format: avro
-- columns: {value: string}
-- on_error: fail
-- schema: string
SELECT
  checked.value AS value
FROM (
  SELECT * FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(
  from_avro(concat(value, X'F39A11C75E8D02B4'),
      '{"type":"record","name":"streamsql_record","fields":[{"name":"value","type":"string"},{"name":"end","type":{"type":"fixed","name":"streamsql_end","size":8}}]}',
      map('mode', 'PERMISSIVE', 'datetimeRebaseMode', 'CORRECTED'))
)) AS record
LATERAL VIEW explode(CASE WHEN (record.end = X'F39A11C75E8D02B4'
  AND NOT contains(value, X'F39A11C75E8D02B4')
  AND is_valid_utf8(concat_ws(' ', record.value))) THEN array(record)
  ELSE raise_error(concat('bad record in ', topic, '-', partition, ' at offset ', offset, ': ', CASE
    WHEN octet_length(value) = 0 THEN 'empty value'
    WHEN contains(value, X'F39A11C75E8D02B4') THEN 'holds the reserved bytes F39A11C75E8D02B4'
    WHEN record.end IS NULL THEN 'not readable with its schema: truncated, or not such a record'
    WHEN record.end <> X'F39A11C75E8D02B4' THEN 'not one record: bytes follow it'
    WHEN NOT (is_valid_utf8(concat_ws(' ', record.value))) THEN 'invalid UTF-8: value'
    ELSE 'wrong type' END)) END) AS checked
