FROM ref__orders |> SET a = 1 +
-- expect
error 1:21: something is missing after 'SET' [None]
