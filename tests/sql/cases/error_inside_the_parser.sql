FROM ref__orders
|> LIMIT AGGREGATE sum(amount) AS total GROUP BY currency
-- expect
error 2:10: Cannot be read near 'AGGREGATE'. [None]
