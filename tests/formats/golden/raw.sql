-- format: raw
-- hidden: [_key]
-- on_error: dead_letter
SELECT
  value,
  key AS _key
FROM kafka__shop__orders
WHERE value IS NOT NULL
