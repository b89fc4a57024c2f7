SELECT * FROM ref__t WATERMARK AS DELAY OF INTERVAL 5 MINUTES
-- expect
error 1:22: a watermark is set on a column [write WATERMARK column DELAY OF INTERVAL 10 MINUTES]
