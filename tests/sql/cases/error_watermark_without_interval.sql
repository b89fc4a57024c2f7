SELECT * FROM ref__t WATERMARK ts DELAY OF 10 MINUTES
-- expect
error 1:44: the delay of a watermark is an interval with a unit [write DELAY OF INTERVAL 10 MINUTES]
