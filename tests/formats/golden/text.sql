-- format: text
-- columns: {line: string}
-- on_error: dead_letter
SELECT
  CAST(value AS STRING) AS line
FROM kafka__shop__orders
WHERE value IS NOT NULL AND is_valid_utf8(CAST(value AS STRING))
--- bad
SELECT
  key,
  value,
  concat(coalesce(headers, array()), array(
    named_struct('key', 'streamsql.error', 'value', CAST(CASE
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    ELSE 'wrong type' END AS BINARY)),
    named_struct('key', 'streamsql.topic', 'value', CAST(topic AS BINARY)),
    named_struct('key', 'streamsql.partition', 'value', CAST(CAST(partition AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.offset', 'value', CAST(CAST(offset AS STRING) AS BINARY)),
    named_struct('key', 'streamsql.timestamp', 'value', CAST(date_format(timestamp, 'yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX') AS BINARY))
  )) AS headers
FROM kafka__shop__orders
WHERE value IS NOT NULL AND NOT coalesce(is_valid_utf8(CAST(value AS STRING)), false)
