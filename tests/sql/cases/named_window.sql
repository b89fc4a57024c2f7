SELECT sum(a) OVER w, window FROM ref__t WINDOW w AS (PARTITION BY window ORDER BY ts)
-- expect
SELECT sum(a) OVER w, window FROM ref__t AS t WINDOW w AS (PARTITION BY window ORDER BY ts)
--
calls sum
