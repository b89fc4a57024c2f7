SELECT a FROM ref__x UNION ALL SELECT a FROM ref__y UNION SELECT a FROM ref__z
-- expect
SELECT a FROM ref__x AS x UNION ALL SELECT a FROM ref__y AS y UNION SELECT a FROM ref__z AS z
--
calls nothing
