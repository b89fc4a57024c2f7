{{ config(materialized='topic', topic='finance.merchant_totals', key=['merchant_id', 'currency', 'day'], output_mode='update') }}

SELECT
  merchant_id,
  currency,
  window(requested_at, '1 day').start AS day,
  count(*) AS payments,
  sum(amount) AS turnover
FROM {{ ref('stg_authorizations') }}
WHERE is_approved
GROUP BY merchant_id, currency, window(requested_at, '1 day')
