-- Queries on which lint and Spark once disagreed, each with its output mode before it.
append: WITH c7 AS (SELECT l4.url AS url, r5.url AS x6, r5.ts AS ts FROM clicks2 AS l4 JOIN (SELECT l1.user AS user, l1.url AS url, l1.ts AS ts, r2.ts AS x3 FROM clicks AS l1 LEFT JOIN events AS r2 ON l1.url = r2.id AND r2.ts >= l1.ts AND r2.ts <= l1.ts + INTERVAL '15' MINUTE) AS r5 ON l4.url = r5.url AND r5.x3 <= l4.ts + INTERVAL 1 MONTH) SELECT * FROM c7
append: SELECT l1.user AS user, r2.amount AS amount FROM clicks2 AS l1 CROSS JOIN clicks2 AS r2 USING (id)
update: WITH c2 AS (SELECT DISTINCT upper(t1.id) AS id, t1.amount * 2 AS amount FROM clicks AS t1) SELECT count(*) AS n FROM c2
complete: WITH c AS (SELECT user, count(*) AS n FROM events GROUP BY user) SELECT * FROM c ORDER BY n
complete: SELECT * FROM (WITH b AS (SELECT user, count(*) AS n FROM events GROUP BY user) SELECT * FROM b) ORDER BY n
update: SELECT count(*) AS m FROM (WITH b AS (SELECT user, count(*) AS n FROM events GROUP BY user) SELECT * FROM b)
append: WITH u AS (SELECT user, count(*) AS n FROM events GROUP BY user) SELECT id FROM events
complete: WITH u AS (SELECT user, count(*) AS n FROM events GROUP BY user) SELECT id FROM events
append: SELECT * FROM (WITH u AS (SELECT DISTINCT user FROM events) SELECT id FROM events)
append: WITH v AS (WITH u AS (SELECT id FROM events ORDER BY id) SELECT id FROM events) SELECT id FROM clicks
append: WITH u AS (SELECT k FROM dim OFFSET 1), v AS (SELECT * FROM u) SELECT id FROM clicks
append: SELECT id FROM events WHERE user IN (WITH u AS (SELECT * FROM clicks) SELECT k FROM dim)
append: WITH u AS (SELECT e.id FROM events e JOIN clicks c ON e.ts > c.ts) SELECT id FROM events
update: WITH u AS (SELECT user COLLATE UTF8_LCASE AS u, count(*) AS n FROM events GROUP BY 1) SELECT id FROM events
append: WITH u AS (SELECT user FROM events EXCEPT SELECT k FROM dim) SELECT id FROM events
append: WITH u AS (SELECT session_window(ts, '10 minutes') AS w, count(*) AS n FROM events GROUP BY 1) SELECT id FROM events
update: WITH u AS (SELECT window(w, '1 hour') AS h, sum(n) AS n FROM (SELECT window(ts, '10 minutes') AS w, count(*) AS n FROM events GROUP BY 1) GROUP BY 1) SELECT id FROM events
append: SELECT * FROM (FROM clicks AS t1 |> LIMIT 5 |> TABLESAMPLE (50 PERCENT) |> SELECT id, ts)
complete: SELECT * FROM (FROM clicks_nw AS t1 |> AGGREGATE count(*) AS n GROUP BY user AS k |> EXTEND 1 + 1 AS e |> AGGREGATE count(*) AS m GROUP BY k AS l |> SELECT m)
append: SELECT upper(t3.id) AS id FROM (SELECT t1.id, v.e FROM clicks2 AS t1, LATERAL (SELECT max(name) FROM dim WHERE k = t1.url) AS v(e)) AS t3
append: WITH u AS (SELECT * FROM events WATERMARK ts DELAY OF INTERVAL 5 MINUTES) SELECT id FROM events
append: FROM events AS e |> SET user = upper(e.user) |> WHERE e.id = 'a'
append: SELECT t8.ts AS ts, t8.id AS id, t8.user AS user, count(*) AS a9, min(t8.url) AS a10 FROM (SELECT t7.id AS id, t7.user AS user, t7.url AS url, t7.ts AS ts, t7.amount AS amount FROM (WITH u4 AS (SELECT * FROM (WITH c2 AS (SELECT t1.id, t1.arr FROM events AS t1) SELECT a.id AS id, a.arr AS arr FROM c2 AS a JOIN c2 AS b ON a.id = b.id) AS t5) SELECT id, user, url, ts, amount FROM (SELECT * FROM clicks2 AS t3) AS t6) TABLESAMPLE (5 ROWS) AS t7 DISTRIBUTE BY id) AS t8 GROUP BY t8.ts, t8.id, t8.user
append to text: SELECT user, id FROM events
append to csv: SELECT arr, id FROM events
update to csv: SELECT id FROM events
append (id) to parquet: SELECT * FROM (SELECT id, ts FROM events) TABLESAMPLE (5 ROWS) AS t
