-- format: csv
-- columns: {a: int}
-- key: {format: text}
-- on_error: fail
-- hidden: [_key]
SELECT
  checked.record.a AS a,
  IF(checked.has IS NULL, NULL, checked.key) AS _key
FROM (
  SELECT *, IF(is_valid_utf8(CAST(value AS STRING)) AND NOT contains(CAST(value AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(value AS STRING), '\n'), regexp_replace(CAST(value AS STRING), '\\r?\n\\z', ''), CAST(value AS STRING)), ',-7190846325019273644'), NULL) AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_csv(
  text,
  'a int, __end__ string, _corrupt_record string',
  map('delimiter', ',', 'quote', '"', 'escape', '"', 'emptyValue', 'x-7190846325019273644', 'columnNameOfCorruptRecord', '_corrupt_record')))) AS record
LATERAL VIEW explode(CASE WHEN ((record._corrupt_record IS NULL AND record.__end__ = '-7190846325019273644'
  AND IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|,)\ufdd0*"[^"]*"(?=,)', '') RLIKE '"|\n|\ufdd0[^\ufdd0,]|[^,\ufdd0]\ufdd0', NOT contains(text, '\n')))
  AND (key IS NULL OR is_valid_utf8(CAST(key AS STRING)))) THEN array(named_struct('record', record, 'key', CAST(key AS STRING), 'has', key))
  ELSE raise_error(concat('bad record in ', topic, '-', partition, ' at offset ', offset, ': ', CASE
    WHEN NOT coalesce((key IS NULL OR is_valid_utf8(CAST(key AS STRING))), false) THEN concat('key: ', CASE
    WHEN NOT is_valid_utf8(CAST(key AS STRING)) THEN 'invalid UTF-8'
    ELSE 'wrong type' END)
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    WHEN contains(CAST(value AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN NOT coalesce(record._corrupt_record IS NULL AND record.__end__ = '-7190846325019273644', false) THEN transform(array(from_csv(
  text,
  'a string, __end__ string, _corrupt_record string',
  map('delimiter', ',', 'quote', '"', 'escape', '"', 'emptyValue', 'x-7190846325019273644', 'columnNameOfCorruptRecord', '_corrupt_record'))), cells -> IF(cells.__end__ = '-7190846325019273644', concat('wrong type: ', concat_ws(', ', IF(cells.a IS NOT NULL AND record.a IS NULL, 'a is not int', NULL))), CASE WHEN CAST(value AS STRING) = '' THEN 'empty value' WHEN array_contains(array(cells.a), '-7190846325019273644') THEN 'not 1 cell: there are fewer' WHEN exists(array(cells.a), cell -> endswith(cell, '-7190846325019273644')) THEN 'a quote that is not closed' WHEN contains(CAST(value AS STRING), '\n') THEN 'more than one row, or a line break outside of quotes' ELSE 'not 1 cell: there are more' END))[0]
    WHEN NOT contains(text, '"') AND NOT IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|,)\ufdd0*"[^"]*"(?=,)', '') RLIKE '"|\n|\ufdd0[^\ufdd0,]|[^,\ufdd0]\ufdd0', NOT contains(text, '\n')) THEN 'more than one row, or a line break outside of quotes'
    WHEN NOT IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|,)\ufdd0*"[^"]*"(?=,)', '') RLIKE '"|\n|\ufdd0[^\ufdd0,]|[^,\ufdd0]\ufdd0', NOT contains(text, '\n')) THEN 'quotes that do not stand around a whole cell'
    ELSE 'wrong type' END)) END) AS checked
