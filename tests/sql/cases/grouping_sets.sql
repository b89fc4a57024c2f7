SELECT a, b, count(*) FROM ref__t GROUP BY GROUPING SETS ((window(ts, '1 minute'), a), (a, b)), ROLLUP (a)
-- expect
SELECT a, b, count(*) FROM ref__t AS t GROUP BY GROUPING SETS ((window(ts, '1 minute'), a), (a, b)), ROLLUP (a)
--
calls count, window
