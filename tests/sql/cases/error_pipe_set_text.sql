FROM ref__orders |> SET 'a' = 1
-- expect
error 1:25: the name of a column or relation is expected here [None]
