SELECT Date_Add(a, 1), to_timestamp(b, 'yyyy'), nvl(c, 0), count(DISTINCT d), max_by(a, b) FROM ref__t
-- expect
SELECT Date_Add(a, 1), to_timestamp(b, 'yyyy'), nvl(c, 0), count(DISTINCT d), max_by(a, b) FROM ref__t AS t
--
calls count, date_add, nvl, to_timestamp
