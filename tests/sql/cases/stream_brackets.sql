SELECT * FROM STREAM(ref__orders) JOIN STREAM(source__shop__payments) AS p ON orders.id = p.id
-- expect
SELECT * FROM ref__orders AS orders JOIN source__shop__payments AS p ON orders.id = p.id
--
stream ref__orders
stream source__shop__payments
calls nothing
