FROM ref__orders
|> WHERE amount > 1
|> AGGREGATE sum(amount) AS total GROUP BY currency
|> WHERE total > 10
-- expect
FROM ref__orders AS orders
|> WHERE amount > 1
|> AGGREGATE sum(amount) AS total GROUP BY currency
|> WHERE total > 10
--
calls sum
