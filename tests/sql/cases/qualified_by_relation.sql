SELECT ref__orders.id, ref__orders.* FROM ref__orders WHERE ref__orders.id > 1
-- expect
SELECT orders.id, orders.* FROM ref__orders AS orders WHERE orders.id > 1
--
calls nothing
