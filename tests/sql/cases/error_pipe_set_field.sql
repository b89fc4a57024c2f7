FROM ref__orders |> SET a = 1, o.x = 2
-- expect
error 1:32: |> SET sets a column, and no part of one [set the whole struct, or write |> EXTEND]
