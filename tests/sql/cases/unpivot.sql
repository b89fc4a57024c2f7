SELECT * FROM ref__t UNPIVOT (v FOR n IN (a, b))
-- expect
SELECT * FROM ref__t AS t UNPIVOT (v FOR n IN (a, b))
--
calls nothing
