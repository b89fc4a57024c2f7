FROM ref__orders AS o |> DROP o.a
-- expect
error 1:31: |> DROP drops columns by their own names alone [write |> DROP column, column]
