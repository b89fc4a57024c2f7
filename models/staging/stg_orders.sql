SELECT
  order_id,
  customer_id,
  ordered_at,
  _timestamp AS received_at,
  lower(channel) AS channel,
  {{ clean_code('shipping_address.country') }} AS country,
  shipping_address.city AS city,
  {{ clean_code('currency') }} AS currency,
  coalesce(amount, {{ sum_items('item.quantity * item.unit_price', money_type()) }}) AS amount,
  {{ sum_items('item.quantity', 'bigint') }} AS quantity
FROM {{ source('shop', 'orders') }}
