-- format: text
-- write: ref__lines
-- columns: {id: int, VALUE: string}
-- key: [id]
SELECT
  to_json(struct(id), map('ignoreNullFields', 'false')) AS key,
  VALUE AS value
FROM ref__lines
