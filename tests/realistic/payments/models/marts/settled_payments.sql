{{ config(materialized='topic', topic='finance.settled_payments', key=['merchant_id']) }}

SELECT
  a.authorization_id,
  a.merchant_id,
  a.requested_at,
  s.settled_at,
  a.amount,
  s.net_amount,
  a.amount - s.net_amount AS fee,
  try_divide(a.amount - s.net_amount, a.amount) AS fee_rate,
  timestampdiff(HOUR, a.requested_at, s.settled_at) AS hours_to_settle
FROM {{ ref('stg_authorizations') }} AS a
JOIN {{ ref('stg_settlements') }} AS s
  ON s.authorization_id = a.authorization_id
  AND s.settled_at >= a.requested_at
  AND s.settled_at <= a.requested_at + INTERVAL 3 DAYS
WHERE a.is_approved
