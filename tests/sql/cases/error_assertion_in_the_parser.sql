WITH n AS (SELECT 1 |> UNION ALL SELECT 2) SELECT * FROM n
-- expect
error 1:34: cannot be read near 'SELECT' [None]
