SELECT * FROM ref__t JOIN LATERAL (SELECT t.a + 1 AS b) AS u
-- expect
SELECT * FROM ref__t AS t JOIN LATERAL (SELECT t.a + 1 AS b) AS u
--
calls nothing
