SELECT transform(items, x -> x.price * 2), filter(items, (x, i) -> i > 0), exists(items, x -> x.id IS NULL), aggregate(n, 0, (a, x) -> a + x) FROM ref__t
-- expect
SELECT transform(items, x -> x.price * 2), filter(items, (x, i) -> i > 0), exists(items, x -> x.id IS NULL), aggregate(n, 0, (a, x) -> a + x) FROM ref__t AS t
--
calls aggregate, exists, filter
