FROM ref__orders |> SET a
-- expect
error 1:25: |> SET needs an assignment [write |> SET column = expression]
