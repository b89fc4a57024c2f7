FROM ref__orders |> AGGREGATE count(*) AS n GROUP BY a WITH ROLLUP
-- expect
error 1:56: |> AGGREGATE has no WITH [name the keys one by one, or write the aggregation in a subquery]
