-- format: json
-- columns: {d: 'decimal(5,2)', many: 'array<struct<x:int,price:decimal(38,18)>>'}
-- options: {guardDecimals: 'true', dateFormat: dd.MM.yyyy}
SELECT
  record.d AS d,
  record.many AS many
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
    AND (NOT CAST(value AS STRING) RLIKE '[eE][+-]?[0-9]{6}'
      OR (NOT regexp_replace(regexp_replace(CAST(value AS STRING), '\\\\.', ''), '"[^"]*"', '') RLIKE '[eE][+-]?[0-9]{6}'
        AND NOT to_json(from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<struct<d:string,many:array<struct<price:string>>>>, _corrupt_record string')) RLIKE '[eE][+-]?[0-9]{6}'))
)
LATERAL VIEW explode(array(from_json(
  text,
  'd decimal(5,2), many array<struct<x:int,price:decimal(38,18)>>, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record', 'dateFormat', 'dd.MM.yyyy')))) AS record
WHERE (record._corrupt_record IS NULL
  AND record.__end__ = -7190846325019273644
  OR CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$')
