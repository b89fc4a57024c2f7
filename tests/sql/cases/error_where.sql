SELECT a
FROM ref__t
WHERE
-- expect
error 3:1: something is missing after 'WHERE' [None]
