SELECT count(*
FROM ref__t
-- expect
error 2:1: Expected ) near 'FROM'. [None]
