SELECT window(ts, '1 minute').start AS minute, count(*) AS n
FROM ref__t
GROUP BY window(ts, '1 minute'), currency
-- expect
SELECT window(ts, '1 minute').start AS minute, count(*) AS n
FROM ref__t AS t
GROUP BY window(ts, '1 minute'), currency
--
calls count, window
