FROM ref__orders |> JOIN ref__a ON true JOIN ref__b ON true
-- expect
error 1:41: one |> is one JOIN [write another |> before the second]
