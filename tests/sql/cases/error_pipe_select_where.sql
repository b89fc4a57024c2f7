FROM ref__orders |> SELECT a WHERE a > 1
-- expect
error 1:30: |> SELECT has no WHERE [write |> WHERE, or |> AGGREGATE … GROUP BY]
