SELECT a.id FROM ref__t a JOIN ref__t ON a.id = t.parent
-- expect
SELECT a.id FROM ref__t a JOIN ref__t AS t ON a.id = t.parent
--
calls nothing
