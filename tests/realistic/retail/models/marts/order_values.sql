{{ config(materialized='topic', topic='finance.order_values', key=['order_id']) }}

-- The tax that held on the day of the order: rates have a beginning, and most an end.
SELECT
  l.order_id,
  l.product_id,
  l.ordered_at,
  l.amount,
  t.percent AS tax_percent,
  round(l.amount * t.percent / 100, 2) AS tax
FROM {{ ref('stg_order_lines') }} AS l
LEFT JOIN {{ ref('tax_rates') }} AS t
  ON t.country = l.country
  AND l.ordered_at >= t.valid_from
  AND (l.ordered_at < t.valid_to OR t.valid_to IS NULL)
