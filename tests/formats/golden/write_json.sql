-- format: json
-- write: ref__revenue
-- columns: {currency: string, minute: timestamp, revenue: 'decimal(20,2)', by_day: 'map<date,timestamp_ntz>'}
-- key: [currency]
-- headers: {version: currency, at: minute}
SELECT
  CAST(currency AS STRING) AS key,
  to_json(struct(currency, minute, revenue, map_from_entries(transform(map_entries(by_day), item0 -> struct(CAST(item0.key AS STRING), item0.value))) AS by_day), map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd\'T\'HH:mm:ss.SSSSSSXXX', 'timestampNTZFormat', 'yyyy-MM-dd\'T\'HH:mm:ss.SSSSSS')) AS value,
  array(named_struct('key', 'version', 'value', CAST(currency AS BINARY)), named_struct('key', 'at', 'value', CAST(CAST(minute AS STRING) AS BINARY))) AS headers
FROM ref__revenue
