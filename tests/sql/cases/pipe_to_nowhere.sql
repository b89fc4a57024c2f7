FROM ref__orders |>
-- expect
FROM ref__orders AS orders |>
--
calls nothing
