SELECT CAST(a AS ) FROM ref__t
-- expect
error 1:18: expected TYPE after CAST near ')' [None]
