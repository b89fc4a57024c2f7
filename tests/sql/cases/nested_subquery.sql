SELECT * FROM (SELECT * FROM (SELECT * FROM ref__t) AS u) v WHERE EXISTS (SELECT 1 FROM ref__w WHERE w.id = v.id)
-- expect
SELECT * FROM (SELECT * FROM (SELECT * FROM ref__t AS t) AS u) v WHERE EXISTS (SELECT 1 FROM ref__w AS w WHERE w.id = v.id)
--
calls nothing
