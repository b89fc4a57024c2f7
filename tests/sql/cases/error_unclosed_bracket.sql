SELECT count(*
FROM ref__t
-- expect
error 2:1: expected ) near 'FROM' [None]
