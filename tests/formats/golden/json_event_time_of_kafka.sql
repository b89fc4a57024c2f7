-- format: json
-- columns: {a: int}
-- event_time: _timestamp
-- hidden: [_timestamp]
SELECT
  record.a AS a,
  timestamp AS _timestamp
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_json(
  text,
  'a int, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
WHERE (record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  OR CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$')
