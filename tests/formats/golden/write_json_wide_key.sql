-- format: json
-- write: ref__revenue
-- columns: {currency: string, day: date, raw: binary}
-- key: [Currency, day]
-- headers: {raw: raw}
SELECT
  to_json(struct(currency, day), map('ignoreNullFields', 'false')) AS key,
  to_json(struct(currency, day, raw), map('ignoreNullFields', 'false')) AS value,
  array(named_struct('key', 'raw', 'value', raw)) AS headers
FROM ref__revenue
