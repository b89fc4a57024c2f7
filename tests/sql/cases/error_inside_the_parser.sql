FROM ref__orders
|> LIMIT AGGREGATE sum(amount) AS total GROUP BY currency
-- expect
error 2:10: cannot be read near 'AGGREGATE' [None]
