SELECT a,, b FROM ref__t
-- expect
error 1:9: something is missing beside this comma [None]
