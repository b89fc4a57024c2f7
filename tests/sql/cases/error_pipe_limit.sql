FROM ref__orders
|> LIMIT AGGREGATE sum(amount) AS total GROUP BY currency
-- expect
error 2:20: 'sum' was not expected here [None]
