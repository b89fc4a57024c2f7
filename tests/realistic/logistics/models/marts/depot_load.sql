{{ config(materialized='topic', topic='fleet.depot_load', key=['depot']) }}

SELECT
  s.depot,
  d.country,
  window(s.scanned_at, '15 minutes').start AS quarter,
  count(*) AS scans,
  sum(CASE s.kind WHEN 'sorted' THEN 1 ELSE 0 END) AS sorted,
  sum(s.kilograms) AS kilograms,
  max(s.kilograms) AS heaviest
FROM {{ ref('stg_scans') }} AS s
JOIN {{ ref('depots') }} AS d ON d.depot = s.depot
GROUP BY s.depot, d.country, window(s.scanned_at, '15 minutes')
