SELECT CAST(a AS ) FROM ref__t
-- expect
error 1:18: Expected TYPE after CAST near ')'. [None]
