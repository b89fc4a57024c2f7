SELECT array(1, 2)[0], list[0], s.array[1] FROM ref__t
-- expect
SELECT array(1, 2)[0], list[0], s.array[1] FROM ref__t AS t
--
calls array
