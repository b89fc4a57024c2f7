{{ config(materialized='topic', topic='web.funnel', key=['starts_at']) }}

SELECT
  window.start AS starts_at,
  approx_count_distinct(visitor_id) FILTER (WHERE kind = 'view') AS saw,
  approx_count_distinct(visitor_id) FILTER (WHERE kind = 'cart') AS wanted,
  approx_count_distinct(visitor_id) FILTER (WHERE kind = 'purchase') AS bought
FROM {{ ref('stg_page_events') }}
GROUP BY window(happened_at, '15 minutes')
HAVING count(*) > 0
