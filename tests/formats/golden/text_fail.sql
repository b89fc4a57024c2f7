-- format: text
-- on_error: fail
SELECT
  checked AS value
FROM (
  SELECT * FROM kafka__shop__orders
  WHERE value IS NOT NULL
)
LATERAL VIEW explode(CASE WHEN is_valid_utf8(CAST(value AS STRING)) THEN array(CAST(value AS STRING))
  ELSE raise_error(concat('bad record in ', topic, '-', partition, ' at offset ', offset, ': ', CASE
    WHEN NOT is_valid_utf8(CAST(value AS STRING)) THEN 'invalid UTF-8'
    ELSE 'wrong type' END)) END) AS checked
