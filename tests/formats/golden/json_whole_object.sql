-- format: json
-- columns: {at: timestamp, payload: variant}
-- options: {singleVariantColumn: payload}
-- event_time: at
SELECT
  record.fields.at AS at,
  record.whole AS payload
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(named_struct('fields', from_json(
  text,
  'at timestamp, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')), 'whole', try_parse_json(IF(text IS NULL, NULL, CAST(value AS STRING)))))) AS record
WHERE (record.fields._corrupt_record IS NULL
  AND record.fields.__end__ = -7190846325019273644
  AND record.whole IS NOT NULL
  AND unix_micros(record.fields.at) <= unix_micros(timestamp) + 86400000000)
