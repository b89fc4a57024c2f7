SELECT count(*) FROM ref__t GROUP BY window(ts, '1 minute')
-- expect
SELECT count(*) FROM ref__t AS t GROUP BY window(ts, '1 minute')
--
calls count, window
