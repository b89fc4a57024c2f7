-- format: json
-- columns: {m: 'array<map<date,struct<v:int>>>'}
SELECT
  transform(record.m, item0 -> map_from_entries(transform(map_entries(item0), item1 -> struct(try_cast(item1.key AS date), item1.value)))) AS m
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_json(
  text,
  'm array<map<string,struct<v:int>>>, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
WHERE (record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  AND coalesce(forall(record.m, item0 -> (item0 IS NULL OR (NOT array_contains(transform(transform(map_keys(item0), item1 -> try_cast(item1 AS date)), item1 -> item1 IS NULL), true) AND size(array_distinct(transform(map_keys(item0), item1 -> try_cast(item1 AS date)))) = size(item0)))), true)
  OR CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$')
