SELECT * FROM source__shop__orders WATERMARK ordered_at DELAY OF INTERVAL 10 MINUTES
-- expect
SELECT * FROM source__shop__orders WATERMARK ordered_at DELAY OF INTERVAL 10 MINUTES AS orders
--
watermark of orders: ordered_at, 10 MINUTES
calls nothing
