(SELECT a FROM ref__x) UNION ALL (SELECT a FROM ref__y LIMIT 1) ORDER BY a
-- expect
(SELECT a FROM ref__x AS x) UNION ALL (SELECT a FROM ref__y AS y LIMIT 1) ORDER BY a
--
calls nothing
