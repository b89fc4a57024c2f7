SELECT /*+ BROADCAST(rates) */ * FROM ref__orders JOIN ref__rates USING (currency)
-- expect
SELECT /*+ BROADCAST(rates) */ * FROM ref__orders AS orders JOIN ref__rates AS rates USING (currency)
--
calls nothing
