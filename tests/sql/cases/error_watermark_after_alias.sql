SELECT * FROM ref__t AS x WATERMARK ts DELAY OF INTERVAL 1 MINUTE
-- expect
error 1:27: WATERMARK stands before a relation's alias, not after it [write FROM orders WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS o]
