{{ config(
    materialized='topic',
    topic='shop.page_view_sessions',
    key=['customer_id'],
    tags=['behaviour'],
) }}

SELECT
  customer_id,
  session_window(viewed_at, '5 minutes').start AS started_at,
  session_window(viewed_at, '5 minutes').end AS ended_at,
  count(*) AS page_views,
  min_by(path, viewed_at) AS first_page,
  max_by(path, viewed_at) AS last_page,
  max(campaign) AS campaign,
  bool_or(path = '/checkout') AS reached_checkout
FROM {{ ref('stg_page_views') }}
GROUP BY customer_id, session_window(viewed_at, '5 minutes')
