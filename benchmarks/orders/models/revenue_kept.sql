{# streamsql: ignore[shared-output] one of the two jobs runs at a time #}
{{ config(materialized='topic', connection='kafka', topic='revenue', key=['currency']) }}

SELECT
  window(ordered_at, '1 minute').start AS minute,
  currency,
  sum(amount) AS revenue,
  count(*) AS orders
FROM {{ source('shop', 'orders_kept') }}
GROUP BY window(ordered_at, '1 minute'), currency
