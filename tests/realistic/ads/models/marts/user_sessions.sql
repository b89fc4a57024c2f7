{{ config(materialized='topic', topic='ads.user_sessions', key=['user_id']) }}

SELECT
  user_id,
  session_window(happened_at, '30 minutes').start AS started_at,
  session_window(happened_at, '30 minutes').end AS ended_at,
  count(*) AS impressions,
  array_sort(collect_set(site)) AS sites,
  first_value(section) IGNORE NULLS AS a_section
FROM {{ ref('stg_impressions') }}
WHERE user_id IS NOT NULL
GROUP BY user_id, session_window(happened_at, '30 minutes')
