{# streamsql: ignore[shared-output] one of the two jobs runs at a time #}
{{ config(materialized='topic', connection='kafka', topic='priced', key=['order_id']) }}

SELECT
  order_id,
  customer.id AS customer_id,
  upper(currency) AS currency,
  amount,
  amount * 1.19 AS gross,
  size(items) AS lines,
  ordered_at
FROM {{ source('shop', 'orders') }}
WHERE status <> 'cancelled' AND amount > 0
