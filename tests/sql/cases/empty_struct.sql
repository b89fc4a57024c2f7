SELECT CAST(a AS STRUCT<>) AS a, b::STRUCT<> AS b, CAST(c AS ARRAY<STRUCT<x: STRUCT<>>>) AS c, struct <> 1 AS d
FROM ref__orders
-- expect
SELECT CAST(a AS STRUCT<>) AS a, b::STRUCT<> AS b, CAST(c AS ARRAY<STRUCT<x: STRUCT<>>>) AS c, struct <> 1 AS d
FROM ref__orders AS orders
--
calls nothing
