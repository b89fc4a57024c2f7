-- format: json
-- columns: {order_id: bigint not null, amount: 'decimal(10,2)', items: 'array<struct<sku:string,price:double>>', ordered_at: timestamp}
-- event_time: ordered_at
-- on_error: dead_letter
-- hidden: [_offset, _headers]
SELECT
  record.order_id AS order_id,
  record.amount AS amount,
  record.items AS items,
  record.ordered_at AS ordered_at,
  offset AS _offset,
  headers AS _headers
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_json(
  text,
  'order_id bigint, amount decimal(10,2), items array<struct<sku:string,price:double>>, ordered_at timestamp, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'true', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
WHERE (record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  AND record.order_id IS NOT NULL
  AND unix_micros(record.ordered_at) <= unix_micros(timestamp) + 86400000000)
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*$' THEN 'empty value'
    WHEN contains(CAST(value AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*null[ \\t\\r\\n]*$' THEN 'JSON null, not an object'
    WHEN NOT CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\[' THEN 'a JSON array, not an object'
    WHEN NOT CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL THEN 'a JSON value, not an object'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(CAST(value AS STRING), '_none string, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND NOT (CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not one JSON object: something follows it'
    WHEN NOT (CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not valid JSON'
    WHEN transform(array(from_json(CAST(value AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['order_id'] IS NOT NULL AND record.order_id IS NULL), 'order_id is not bigint', NULL), IF((fields['amount'] IS NOT NULL AND record.amount IS NULL), 'amount is not decimal(10,2)', NULL), IF((fields['items'] IS NOT NULL AND from_json(concat('{"v":', fields['items'], '}'), 'v array<struct<sku:string,price:double>>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NOT NULL), 'items is not array<struct<sku:string,price:double>>', NULL), IF((fields['ordered_at'] IS NOT NULL AND record.ordered_at IS NULL), 'ordered_at is not timestamp', NULL)))[0] <> '' THEN concat('wrong type: ', transform(array(from_json(CAST(value AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['order_id'] IS NOT NULL AND record.order_id IS NULL), 'order_id is not bigint', NULL), IF((fields['amount'] IS NOT NULL AND record.amount IS NULL), 'amount is not decimal(10,2)', NULL), IF((fields['items'] IS NOT NULL AND from_json(concat('{"v":', fields['items'], '}'), 'v array<struct<sku:string,price:double>>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NOT NULL), 'items is not array<struct<sku:string,price:double>>', NULL), IF((fields['ordered_at'] IS NOT NULL AND record.ordered_at IS NULL), 'ordered_at is not timestamp', NULL)))[0])
    WHEN record.order_id IS NULL THEN 'required column order_id is missing'
    WHEN record.ordered_at IS NULL THEN 'event time is null: ordered_at'
    WHEN NOT unix_micros(record.ordered_at) <= unix_micros(timestamp) + 86400000000 THEN concat('event time too far ahead: ordered_at is ', record.ordered_at)
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM (
  SELECT *, IF((size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING))) AND NOT contains(CAST(value AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}'), NULL) AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_json(
  text,
  'order_id bigint, amount decimal(10,2), items array<struct<sku:string,price:double>>, ordered_at timestamp, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'true', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
WHERE NOT coalesce((record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  AND record.order_id IS NOT NULL
  AND unix_micros(record.ordered_at) <= unix_micros(timestamp) + 86400000000), false)
