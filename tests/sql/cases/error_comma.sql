SELECT a,, b FROM ref__t
-- expect
error 1:9: Something is missing beside this comma. [None]
