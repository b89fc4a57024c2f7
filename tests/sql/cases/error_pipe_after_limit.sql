SELECT a FROM ref__orders LIMIT 5 |> WHERE a > 1
-- expect
error 1:35: no |> can follow LIMIT [put the query with LIMIT in brackets]
