SELECT
  payment_id,
  order_id,
  paid_at,
  status = 'captured' AS is_captured,
  {{ cents_to_money('amount_cents') }} AS amount,
  {{ clean_code('currency') }} AS currency,
  method.type AS method
FROM {{ source('shop', 'payments') }}
