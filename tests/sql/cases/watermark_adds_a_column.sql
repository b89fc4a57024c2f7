SELECT * FROM ref__t WATERMARK to_timestamp(s) AS ts DELAY OF INTERVAL 30 SECONDS AS x
-- expect
SELECT * FROM ref__t WATERMARK to_timestamp(s) AS ts DELAY OF INTERVAL 30 SECONDS AS x
--
watermark of x: TO_TIMESTAMP(s) as ts, 30 SECONDS
calls nothing
