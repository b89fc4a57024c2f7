SELECT 1;
SELECT 2
-- expect
error 1:9: a model is one query, and a second statement follows here [write one model for each query]
