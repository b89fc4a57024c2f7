-- nothing here
-- expect
error 1:1: there is no SQL here [write a SELECT]
