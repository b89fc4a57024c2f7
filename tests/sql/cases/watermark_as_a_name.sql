SELECT watermark FROM ref__t watermark WHERE watermark.delay > 1
-- expect
SELECT watermark FROM ref__t watermark WHERE watermark.delay > 1
--
calls nothing
