SELECT
  a.authorization_id,
  a.requested_at,
  sha2(a.card.pan, 256) AS card_hash,
  {{ masked('a.card.pan') }} AS card_shown,
  a.card.network AS network,
  a.merchant.id AS merchant_id,
  coalesce(m.category, 'other') AS category,
  coalesce(m.risk, 0.3D) AS category_risk,
  {{ amount_of('a.amount_minor', 'a.currency') }} AS amount,
  a.currency,
  a.outcome = 'approved' AS is_approved,
  a.card.country <> a.merchant.country AS is_cross_border,
  a.attributes['entry_mode'] AS entry_mode,
  try_cast(a.attributes['terminal_tries'] AS INT) AS terminal_tries
FROM {{ source('acquiring', 'authorizations') }} AS a
LEFT JOIN {{ ref('merchant_categories') }} AS m ON m.code = a.merchant.mcc
