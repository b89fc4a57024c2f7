SELECT a,
  b,
FROM ref__t
-- expect
error 2:4: Something is missing beside this comma. [None]
