-- format: debezium_json
-- columns: {id: bigint not null, at: timestamp, day: date}
-- options: {timestamps: micros, dates: days}
-- on_error: dead_letter
-- hidden: [_op, _source_ts, _before]
SELECT
  record.row.id AS id,
  IF(record.row.at BETWEEN -62135596800000000 AND 253402300799999999, timestamp_micros(record.row.at), NULL) AS at,
  IF(record.row.day BETWEEN -719162 AND 2932896, date_from_unix_date(record.row.day), NULL) AS day,
  record.op AS _op,
  record.at AS _source_ts,
  IF(record.before IS NULL, NULL, named_struct('id', record.before.id, 'at', IF(record.before.at BETWEEN -62135596800000000 AND 253402300799999999, timestamp_micros(record.before.at), NULL), 'day', IF(record.before.day BETWEEN -719162 AND 2932896, date_from_unix_date(record.before.day), NULL))) AS _before
FROM (
  SELECT *, concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}') AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
    AND (size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING)))
    AND NOT contains(CAST(value AS STRING), '-7190846325019273644')
)
LATERAL VIEW explode(array(transform(array(from_json(
  text,
  'payload struct<before:struct<id:bigint,at:bigint,day:int>,after:struct<id:bigint,at:bigint,day:int>,op:string,source:struct<ts_ms:bigint>>, before struct<id:bigint,at:bigint,day:int>, after struct<id:bigint,at:bigint,day:int>, op string, source struct<ts_ms:bigint>, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record'))), event -> named_struct('event', event, 'op', coalesce(event.payload.op, event.op), 'at', IF(coalesce(event.payload.source.ts_ms, event.source.ts_ms) BETWEEN -62135596800000 AND 253402300799999, timestamp_millis(coalesce(event.payload.source.ts_ms, event.source.ts_ms)), NULL), 'before', coalesce(event.payload.before, event.before),
    'row', IF(coalesce(event.payload.op, event.op) = 'd', coalesce(event.payload.before, event.before), coalesce(event.payload.after, event.after))))[0])) AS record
WHERE (record.event._corrupt_record IS NULL
  AND record.event.__end__ = -7190846325019273644
  AND record.op IN ('c', 'u', 'd', 'r')
  AND record.row IS NOT NULL
  AND NOT (record.row.at IS NOT NULL AND IF(record.row.at BETWEEN -62135596800000000 AND 253402300799999999, timestamp_micros(record.row.at), NULL) IS NULL)
  AND NOT (record.row.day IS NOT NULL AND IF(record.row.day BETWEEN -719162 AND 2932896, date_from_unix_date(record.row.day), NULL) IS NULL)
  AND record.row.id IS NOT NULL)
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*$' THEN 'empty value'
    WHEN contains(CAST(value AS STRING), '-7190846325019273644') THEN 'holds the reserved number -7190846325019273644'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*null[ \\t\\r\\n]*$' THEN 'JSON null, not an object'
    WHEN NOT CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\[' THEN 'a JSON array, not an object'
    WHEN NOT CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(concat('{"v":[', CAST(value AS STRING), ']}'), 'v array<string>, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL THEN 'a JSON value, not an object'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{' AND from_json(CAST(value AS STRING), '_none string, _corrupt_record string', map('allowSingleQuotes', 'false'))._corrupt_record IS NULL AND NOT (CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not one JSON object: something follows it'
    WHEN NOT (CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' OR coalesce(from_json(text, '__end__ bigint, _corrupt_record string', map('allowSingleQuotes', 'false')).__end__ = -7190846325019273644, false)) THEN 'not valid JSON'
    WHEN CAST(value AS STRING) RLIKE '^[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\\}[ \\t\\r\\n]*$' THEN 'no change event: it has no op'
    WHEN record.op = 't' THEN 'the table was truncated (op t), which is no row'
    WHEN record.event._corrupt_record IS NOT NULL OR (record.row.at IS NOT NULL AND IF(record.row.at BETWEEN -62135596800000000 AND 253402300799999999, timestamp_micros(record.row.at), NULL) IS NULL) OR (record.row.day IS NOT NULL AND IF(record.row.day BETWEEN -719162 AND 2932896, date_from_unix_date(record.row.day), NULL) IS NULL) THEN coalesce('wrong type: ' || nullif(transform(array(IF(record.op = 'd', coalesce(from_json(CAST(value AS STRING), 'payload struct<before:map<string,string>,after:map<string,string>,op:string,source:struct<ts_ms:bigint>>, before map<string,string>, after map<string,string>, op string, source struct<ts_ms:bigint>', map('allowSingleQuotes', 'false')).payload.before, from_json(CAST(value AS STRING), 'payload struct<before:map<string,string>,after:map<string,string>,op:string,source:struct<ts_ms:bigint>>, before map<string,string>, after map<string,string>, op string, source struct<ts_ms:bigint>', map('allowSingleQuotes', 'false')).before), coalesce(from_json(CAST(value AS STRING), 'payload struct<before:map<string,string>,after:map<string,string>,op:string,source:struct<ts_ms:bigint>>, before map<string,string>, after map<string,string>, op string, source struct<ts_ms:bigint>', map('allowSingleQuotes', 'false')).payload.after, from_json(CAST(value AS STRING), 'payload struct<before:map<string,string>,after:map<string,string>,op:string,source:struct<ts_ms:bigint>>, before map<string,string>, after map<string,string>, op string, source struct<ts_ms:bigint>', map('allowSingleQuotes', 'false')).after))), fields -> concat_ws(', ', IF((fields['id'] IS NOT NULL AND record.row.id IS NULL), 'id is not bigint', NULL), IF((fields['at'] IS NOT NULL AND record.row.at IS NULL) OR (record.row.at IS NOT NULL AND IF(record.row.at BETWEEN -62135596800000000 AND 253402300799999999, timestamp_micros(record.row.at), NULL) IS NULL), 'at is not timestamp', NULL), IF((fields['day'] IS NOT NULL AND record.row.day IS NULL) OR (record.row.day IS NOT NULL AND IF(record.row.day BETWEEN -719162 AND 2932896, date_from_unix_date(record.row.day), NULL) IS NULL), 'day is not date', NULL)))[0], ''), 'no change event: a wrong type in its envelope')
    WHEN record.op IS NULL THEN 'no change event: it has no op'
    WHEN record.op NOT IN ('c', 'u', 'd', 'r') THEN concat('no change of a row: op is ', record.op)
    WHEN record.row IS NULL THEN IF(record.op = 'd', 'a delete without before', 'no after')
    WHEN record.row.id IS NULL THEN 'required column id is missing'
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM (
  SELECT *, IF((size(split(CAST(value AS STRING), '\ufffd')) = 1 OR is_valid_utf8(CAST(value AS STRING))) AND NOT contains(CAST(value AS STRING), '-7190846325019273644'), concat(IF(endswith(CAST(value AS STRING), '}'), CAST(substring(value, 1, octet_length(value) - 1) AS STRING), regexp_extract(CAST(value AS STRING), '(?s)^(.*)\\}[ \\t\\r\\n]*$', 1)), ',"__end__":-7190846325019273644}'), NULL) AS text
  FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(array(transform(array(from_json(
  text,
  'payload struct<before:struct<id:bigint,at:bigint,day:int>,after:struct<id:bigint,at:bigint,day:int>,op:string,source:struct<ts_ms:bigint>>, before struct<id:bigint,at:bigint,day:int>, after struct<id:bigint,at:bigint,day:int>, op string, source struct<ts_ms:bigint>, __end__ bigint, _corrupt_record string',
  map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'columnNameOfCorruptRecord', '_corrupt_record'))), event -> named_struct('event', event, 'op', coalesce(event.payload.op, event.op), 'at', IF(coalesce(event.payload.source.ts_ms, event.source.ts_ms) BETWEEN -62135596800000 AND 253402300799999, timestamp_millis(coalesce(event.payload.source.ts_ms, event.source.ts_ms)), NULL), 'before', coalesce(event.payload.before, event.before),
    'row', IF(coalesce(event.payload.op, event.op) = 'd', coalesce(event.payload.before, event.before), coalesce(event.payload.after, event.after))))[0])) AS record
WHERE NOT coalesce((record.event._corrupt_record IS NULL
  AND record.event.__end__ = -7190846325019273644
  AND record.op IN ('c', 'u', 'd', 'r')
  AND record.row IS NOT NULL
  AND NOT (record.row.at IS NOT NULL AND IF(record.row.at BETWEEN -62135596800000000 AND 253402300799999999, timestamp_micros(record.row.at), NULL) IS NULL)
  AND NOT (record.row.day IS NOT NULL AND IF(record.row.day BETWEEN -719162 AND 2932896, date_from_unix_date(record.row.day), NULL) IS NULL)
  AND record.row.id IS NOT NULL), false)
