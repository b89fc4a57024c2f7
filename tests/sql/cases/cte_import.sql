WITH orders AS (
  SELECT * FROM ref__orders
),
rates AS (SELECT * FROM ref__rates)
SELECT * FROM orders LEFT JOIN rates USING (currency)
-- expect
WITH orders AS (
  SELECT * FROM ref__orders AS orders
),
rates AS (SELECT * FROM ref__rates AS rates)
SELECT * FROM orders LEFT JOIN rates USING (currency)
--
calls nothing
