{{ config(materialized='topic', topic='web.visits', key=['visitor_id']) }}

SELECT
  visitor_id,
  min(happened_at) AS began_at,
  max(happened_at) AS ended_at,
  count(*) AS events,
  bool_or(kind = 'purchase') AS has_bought
FROM {{ ref('stg_page_events') }}
GROUP BY visitor_id, session_window(happened_at, '30 minutes')
