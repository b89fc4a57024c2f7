-- format: csv
-- columns: {id: bigint}
-- options: {escape: "\\", nullValue: "NULL"}
SELECT
  record.id AS id
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '\n'), regexp_replace(CAST(value AS STRING), '\\r?\n\\z', ''), CAST(value AS STRING)), ',-7190846325019273644') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND is_valid_utf8(CAST(value AS STRING))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_csv(
  text,
  'id bigint, __end__ string, _corrupt_record string',
  map('delimiter', ',', 'quote', '"', 'escape', '\\', 'emptyValue', 'x-7190846325019273644', 'columnNameOfCorruptRecord', '_corrupt_record', 'nullValue', 'NULL')))) AS record
WHERE (record._corrupt_record IS NULL AND record.__end__ = '-7190846325019273644'
  AND IF(contains(text, '"'), NOT regexp_replace(replace(replace(text, '\\\\', ''), '\\"', ''), '(?<=^|,)"[^"]*"(?=,)', '') RLIKE '"|\n', NOT contains(text, '\n')))
