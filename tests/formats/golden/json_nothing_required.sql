-- format: json
-- columns: {'odd name': int, __end__: int, _corrupt_record: string, nothing: void}
SELECT
  record.`odd name` AS `odd name`,
  record.__end__ AS __end__,
  record._corrupt_record AS _corrupt_record,
  NULL AS nothing
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end___":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_json(
  text,
  '`odd name` int, __end__ int, _corrupt_record string, nothing string, __end___ bigint, _corrupt_record_ string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record_')))) AS record
WHERE (record._corrupt_record_ IS NULL
  AND record.__end___ = -7190846325019273644
  AND record.nothing IS NULL
  OR CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$')
