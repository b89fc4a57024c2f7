SELECT window, stream, watermark, t.window.start FROM ref__t AS t GROUP BY window, stream
-- expect
SELECT window, stream, watermark, t.window.start FROM ref__t AS t GROUP BY window, stream
--
calls nothing
