SELECT v:a.b::int AS b, v:items[0].id FROM ref__t
-- expect
SELECT v:a.b::int AS b, v:items[0].id FROM ref__t AS t
--
calls nothing
