-- format: csv
-- columns: {id: bigint not null, note: string, at: timestamp}
-- options: {delimiter: ";", timestampFormat: "dd.MM.yyyy HH:mm"}
-- on_error: dead_letter
-- event_time: at
SELECT
  record.id AS id,
  IF(record.note = 'x-7190846325019273644', '', record.note) AS note,
  record.at AS at
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '\n'), regexp_replace(CAST(value AS STRING), '\\r?\n\\z', ''), CAST(value AS STRING)), ';-7190846325019273644') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND is_valid_utf8(CAST(value AS STRING))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(from_csv(
  text,
  'id bigint, note string, at timestamp, __end__ string, _corrupt_record string',
  map('delimiter', ';', 'quote', '"', 'escape', '"', 'emptyValue', 'x-7190846325019273644', 'columnNameOfCorruptRecord', '_corrupt_record', 'timestampFormat', 'dd.MM.yyyy HH:mm')))) AS record
WHERE (record._corrupt_record IS NULL AND record.__end__ = '-7190846325019273644'
  AND IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|;)\ufdd0*"[^"]*"(?=;)', '') RLIKE '"|\n|\ufdd0[^\ufdd0;]|[^;\ufdd0]\ufdd0', NOT contains(text, '\n'))
  AND record.id IS NOT NULL
  AND unix_micros(record.at) <= unix_micros(timestamp) + 86400000000)
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    WHEN contains(CAST(value AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN NOT coalesce(record._corrupt_record IS NULL AND record.__end__ = '-7190846325019273644', false) THEN transform(array(from_csv(
  text,
  'id string, note string, at string, __end__ string, _corrupt_record string',
  map('delimiter', ';', 'quote', '"', 'escape', '"', 'emptyValue', 'x-7190846325019273644', 'columnNameOfCorruptRecord', '_corrupt_record', 'timestampFormat', 'dd.MM.yyyy HH:mm'))), cells -> IF(cells.__end__ = '-7190846325019273644', concat('wrong type: ', concat_ws(', ', IF(cells.id IS NOT NULL AND record.id IS NULL, 'id is not bigint', NULL), IF(cells.at IS NOT NULL AND record.at IS NULL, 'at is not timestamp', NULL))), CASE WHEN CAST(value AS STRING) = '' THEN 'empty value' WHEN array_contains(array(cells.id, cells.note, cells.at), '-7190846325019273644') THEN 'not 3 cells: there are fewer' WHEN exists(array(cells.id, cells.note, cells.at), cell -> endswith(cell, '-7190846325019273644')) THEN 'a quote that is not closed' WHEN contains(CAST(value AS STRING), '\n') THEN 'more than one row, or a line break outside of quotes' ELSE 'not 3 cells: there are more' END))[0]
    WHEN NOT contains(text, '"') AND NOT IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|;)\ufdd0*"[^"]*"(?=;)', '') RLIKE '"|\n|\ufdd0[^\ufdd0;]|[^;\ufdd0]\ufdd0', NOT contains(text, '\n')) THEN 'more than one row, or a line break outside of quotes'
    WHEN NOT IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|;)\ufdd0*"[^"]*"(?=;)', '') RLIKE '"|\n|\ufdd0[^\ufdd0;]|[^;\ufdd0]\ufdd0', NOT contains(text, '\n')) THEN 'quotes that do not stand around a whole cell'
    WHEN record.id IS NULL THEN 'required column id is missing'
    WHEN record.at IS NULL THEN 'event time is null: at'
    WHEN NOT unix_micros(record.at) <= unix_micros(timestamp) + 86400000000 THEN concat('event time too far ahead: at is ', record.at)
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM (
  SELECT *, IF(is_valid_utf8(CAST(value AS STRING)) AND NOT contains(CAST(value AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(value AS STRING), '\n'), regexp_replace(CAST(value AS STRING), '\\r?\n\\z', ''), CAST(value AS STRING)), ';-7190846325019273644'), NULL) AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(from_csv(
  text,
  'id bigint, note string, at timestamp, __end__ string, _corrupt_record string',
  map('delimiter', ';', 'quote', '"', 'escape', '"', 'emptyValue', 'x-7190846325019273644', 'columnNameOfCorruptRecord', '_corrupt_record', 'timestampFormat', 'dd.MM.yyyy HH:mm')))) AS record
WHERE NOT coalesce((record._corrupt_record IS NULL AND record.__end__ = '-7190846325019273644'
  AND IF(contains(text, '"'), NOT regexp_replace(replace(text, '""', '\ufdd0'), '(?<=^|;)\ufdd0*"[^"]*"(?=;)', '') RLIKE '"|\n|\ufdd0[^\ufdd0;]|[^;\ufdd0]\ufdd0', NOT contains(text, '\n'))
  AND record.id IS NOT NULL
  AND unix_micros(record.at) <= unix_micros(timestamp) + 86400000000), false)
