SELECT id, item.price FROM ref__orders LATERAL VIEW OUTER explode(items) i AS item
-- expect
SELECT id, item.price FROM ref__orders AS orders LATERAL VIEW OUTER explode(items) i AS item
--
calls explode
