SELECT * FROM ref__t WATERMARK ts DELAY OF INTERVAL '10'
-- expect
error 1:53: the delay of a watermark is an interval with a unit [write DELAY OF INTERVAL 10 MINUTES]
