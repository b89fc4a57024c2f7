-- format: json
-- columns: {id: bigint}
-- options: {framing: confluent}
-- on_error: dead_letter
SELECT
  record.id AS id
FROM (
  SELECT *, concat(IF(endswith(CAST(substring(value, 6) AS STRING), '}'), CAST(substring(substring(value, 6), 1, octet_length(substring(value, 6)) - 1) AS STRING), regexp_extract(CAST(substring(value, 6) AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND substring(value, 1, 1) = X'00' AND octet_length(value) >= 5
    AND (size(split(CAST(substring(value, 6) AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(substring(value, 6) AS STRING)))
    AND NOT contains(CAST(substring(value, 6) AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_json(
  text,
  'id bigint, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
WHERE (record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  OR substring(value, 1, 1) = X'00' AND octet_length(value) >= 5 AND CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$')
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN octet_length(value) = 0 THEN 'empty value'
    WHEN substring(value, 1, 1) <> X'00' THEN concat('unknown magic byte: 0x', hex(substring(value, 1, 1)), ', not 0x00')
    WHEN octet_length(value) < 5 THEN 'truncated: no whole schema id'
    WHEN NOT is_valid_utf8(CAST(substring(value, 6) AS STRING)) THEN 'invalid UTF-8'
    WHEN CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*$' THEN 'empty value'
    WHEN contains(CAST(substring(value, 6) AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*null[ \\t\\r\\n]*$' THEN 'JSON null, not an object'
    WHEN NOT CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(substring(value, 6) AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\[' THEN 'a JSON array, not an object'
    WHEN NOT CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(substring(value, 6) AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL THEN 'a JSON value, not an object'
    WHEN CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(CAST(substring(value, 6) AS STRING), '_none string, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND NOT (CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not one JSON object: something follows it'
    WHEN NOT (CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not valid JSON'
    WHEN transform(array(from_json(CAST(substring(value, 6) AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['id'] IS NOT NULL AND record.id IS NULL), 'id is not bigint', NULL)))[0] <> '' THEN concat('wrong type: ', transform(array(from_json(CAST(substring(value, 6) AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['id'] IS NOT NULL AND record.id IS NULL), 'id is not bigint', NULL)))[0])
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM (
  SELECT *, IF(substring(value, 1, 1) = X'00' AND octet_length(value) >= 5 AND (size(split(CAST(substring(value, 6) AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(substring(value, 6) AS STRING))) AND NOT contains(CAST(substring(value, 6) AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(substring(value, 6) AS STRING), '}'), CAST(substring(substring(value, 6), 1, octet_length(substring(value, 6)) - 1) AS STRING), regexp_extract(CAST(substring(value, 6) AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}'), NULL) AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_json(
  text,
  'id bigint, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
WHERE NOT coalesce((record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  OR substring(value, 1, 1) = X'00' AND octet_length(value) >= 5 AND CAST(substring(value, 6) AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$'), false)
