SELECT * FROM ref__left JOIN ref__select ON TRUE
-- expect
SELECT * FROM ref__left AS `left` JOIN ref__select AS `select` ON TRUE
--
calls nothing
