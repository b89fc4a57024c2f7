-- format: csv
-- write: ref__orders
-- columns: {order_id: int, ordered_at: timestamp, note: string}
-- key: [order_id, note]
-- key_format: csv
-- options: {delimiter: "\t"}
SELECT
  to_csv(struct(order_id, note), map('delimiter', ',', 'quote', '"', 'escape', '"', 'emptyValue', '""', 'ignoreLeadingWhiteSpace', 'false', 'ignoreTrailingWhiteSpace', 'false')) AS key,
  to_csv(struct(order_id, ordered_at, note), map('delimiter', '	', 'quote', '"', 'escape', '"', 'emptyValue', '""', 'ignoreLeadingWhiteSpace', 'false', 'ignoreTrailingWhiteSpace', 'false', 'timestampFormat', 'yyyy-MM-dd\'T\'HH:mm:ss.SSSSSSXXX')) AS value
FROM ref__orders
