{{ config(materialized='topic', connection='kafka', topic='web.clicks_per_minute', key='section') }}

SELECT
  window(clicked_at, '1 minute').start AS minute,
  section,
  count(*) AS clicks,
  approx_count_distinct(visitor) AS visitors
FROM {{ ref('stg_clicks') }}
GROUP BY window(clicked_at, '1 minute'), section
