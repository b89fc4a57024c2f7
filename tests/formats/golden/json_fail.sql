-- format: json
-- columns: {order_id: bigint not null}
-- on_error: fail
SELECT
  checked.order_id AS order_id
FROM (
  SELECT *, IF((size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING))) AND NOT contains(CAST(value AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}'), NULL) AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_json(
  text,
  'order_id bigint, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
LATERAL VIEW explode(CASE WHEN (record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  AND record.order_id IS NOT NULL) THEN array(record)
  ELSE raise_error(concat('bad record in ', topic, '-', partition, ' at offset ', offset, ': ', CASE
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*$' THEN 'empty value'
    WHEN contains(CAST(value AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*null[ \\t\\r\\n]*$' THEN 'JSON null, not an object'
    WHEN NOT CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\[' THEN 'a JSON array, not an object'
    WHEN NOT CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL THEN 'a JSON value, not an object'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(CAST(value AS STRING), '_none string, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND NOT (CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not one JSON object: something follows it'
    WHEN NOT (CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not valid JSON'
    WHEN transform(array(from_json(CAST(value AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['order_id'] IS NOT NULL AND record.order_id IS NULL), 'order_id is not bigint', NULL)))[0] <> '' THEN concat('wrong type: ', transform(array(from_json(CAST(value AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['order_id'] IS NOT NULL AND record.order_id IS NULL), 'order_id is not bigint', NULL)))[0])
    WHEN record.order_id IS NULL THEN 'required column order_id is missing'
    ELSE 'wrong type' END)) END) AS checked
