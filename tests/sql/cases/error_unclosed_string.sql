SELECT 'abc
FROM ref__t
-- expect
error 1:8: ' opens a string, a name or a comment that is never closed [None]
