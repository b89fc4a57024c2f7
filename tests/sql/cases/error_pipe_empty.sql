FROM ref__orders |> |> WHERE a
-- expect
error 1:18: there is no operator after this |> [None]
