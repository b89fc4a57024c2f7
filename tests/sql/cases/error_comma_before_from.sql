SELECT a,
  b,
FROM ref__t
-- expect
error 2:4: something is missing beside this comma [None]
