SELECT * FROM ref__t PIVOT (sum(a) FOR b IN ('x', 'y'))
-- expect
SELECT * FROM ref__t AS t PIVOT (sum(a) FOR b IN ('x', 'y'))
--
calls sum
