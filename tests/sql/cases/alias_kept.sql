SELECT o.id FROM ref__orders AS o JOIN ref__payments p ON o.id = p.id
-- expect
SELECT o.id FROM ref__orders AS o JOIN ref__payments p ON o.id = p.id
--
calls nothing
