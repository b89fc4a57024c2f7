SELECT * FROM ref__a WATERMARK ts DELAY OF INTERVAL 1 MINUTE JOIN ref__b WATERMARK ts DELAY OF INTERVAL 2 MINUTES AS b ON a.id = b.id
-- expect
SELECT * FROM ref__a WATERMARK ts DELAY OF INTERVAL 1 MINUTE AS a JOIN ref__b WATERMARK ts DELAY OF INTERVAL 2 MINUTES AS b ON a.id = b.id
--
watermark of a: ts, 1 MINUTE
watermark of b: ts, 2 MINUTES
calls nothing
