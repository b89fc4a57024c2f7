-- format: raw
-- write: ref__lines
-- columns: {key: binary, value: string, other: int}
SELECT
  key AS key,
  value
FROM ref__lines
