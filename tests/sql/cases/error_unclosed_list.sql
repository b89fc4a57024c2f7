SELECT a FROM ref__t WHERE a IN (
-- expect
error 1:33: expected ) after '(' [None]
