SELECT * FROM STREAM ref__orders WATERMARK ts DELAY OF INTERVAL 1 HOUR AS o, stream
-- expect
SELECT * FROM ref__orders WATERMARK ts DELAY OF INTERVAL 1 HOUR AS o, stream
--
stream ref__orders
watermark of o: ts, 1 HOUR
calls nothing
unknown-relation 1:78: 'stream' is no model, source or common table expression of this query [read a model or seed with {{ ref('stream') }}, a topic with source()]
