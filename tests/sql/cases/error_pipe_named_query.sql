(SELECT a FROM ref__orders) AS o |> WHERE a > 1
-- expect
error 1:29: a query in brackets that a pipe follows has no name [write |> AS after it]
