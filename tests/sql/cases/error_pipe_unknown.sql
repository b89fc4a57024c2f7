FROM ref__orders |> DISTINCT
-- expect
error 1:21: Spark has no |> DISTINCT [write |> SELECT DISTINCT *]
