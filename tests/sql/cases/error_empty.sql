-- nothing here
-- expect
error 1:1: There is no SQL here. [write a SELECT]
