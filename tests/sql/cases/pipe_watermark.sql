FROM ref__orders WATERMARK at DELAY OF INTERVAL 1 MINUTE |> SET note = 'x'
|> JOIN STREAM ref__paid WATERMARK at DELAY OF INTERVAL 1 MINUTE ON orders.id = paid.id
-- expect
FROM ref__orders WATERMARK at DELAY OF INTERVAL 1 MINUTE AS orders |> SET note = 'x'
|> JOIN ref__paid WATERMARK at DELAY OF INTERVAL 1 MINUTE AS paid ON orders.id = paid.id
--
stream ref__paid
watermark of paid: at, 1 MINUTE
watermark of orders: at, 1 MINUTE
calls nothing
