-- format: raw
-- key: {format: json, columns: {id: bigint not null}}
-- on_error: dead_letter
-- hidden: [_key]
SELECT
  value,
  IF(key IS NULL, NULL, named_struct('id', key_record.id)) AS _key
FROM (
  SELECT *, IF(key IS NOT NULL AND (size(split(CAST(key AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(key AS STRING))) AND NOT contains(CAST(key AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(key AS STRING), '}'), CAST(substring(key, 1, octet_length(key) - 1) AS STRING), regexp_extract(CAST(key AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}'), NULL) AS key_text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_json(
  key_text,
  'id bigint, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS key_record
WHERE (key IS NOT NULL AND (key_record._corrupt_record IS NULL
  AND key_record.__end__ = -7190846325019273644
  AND key_record.id IS NOT NULL))
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN key IS NULL THEN 'key: it is missing'
    WHEN NOT coalesce((key IS NOT NULL AND (key_record._corrupt_record IS NULL
  AND key_record.__end__ = -7190846325019273644
  AND key_record.id IS NOT NULL)), false) THEN concat('key: ', CASE
    WHEN NOT is_valid_utf8(CAST(key AS STRING)) THEN 'invalid UTF-8'
    WHEN CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*$' THEN 'empty value'
    WHEN contains(CAST(key AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*null[ \\t\\r\\n]*$' THEN 'JSON null, not an object'
    WHEN NOT CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(key AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*\\[' THEN 'a JSON array, not an object'
    WHEN NOT CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(key AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL THEN 'a JSON value, not an object'
    WHEN CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(CAST(key AS STRING), '_none string, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND NOT (CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(key_text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not one JSON object: something follows it'
    WHEN NOT (CAST(key AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(key_text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not valid JSON'
    WHEN transform(array(from_json(CAST(key AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['id'] IS NOT NULL AND key_record.id IS NULL), 'id is not bigint', NULL)))[0] <> '' THEN concat('wrong type: ', transform(array(from_json(CAST(key AS STRING), 'map<string,string>', map('allowSingleQuotes', 'false'))), fields -> concat_ws(', ', IF((fields['id'] IS NOT NULL AND key_record.id IS NULL), 'id is not bigint', NULL)))[0])
    WHEN key_record.id IS NULL THEN 'required column id is missing'
    ELSE 'wrong type' END)
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM (
  SELECT *, IF(key IS NOT NULL AND (size(split(CAST(key AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(key AS STRING))) AND NOT contains(CAST(key AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(key AS STRING), '}'), CAST(substring(key, 1, octet_length(key) - 1) AS STRING), regexp_extract(CAST(key AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}'), NULL) AS key_text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_json(
  key_text,
  'id bigint, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS key_record
WHERE NOT coalesce((key IS NOT NULL AND (key_record._corrupt_record IS NULL
  AND key_record.__end__ = -7190846325019273644
  AND key_record.id IS NOT NULL)), false)
