SELECT
  e.event_id,
  e.player_id,
  e.at,
  i.item,
  i.rarity,
  i.price_cents * (100 - coalesce(try_cast(get_json_object(e.payload, '$.discount') AS INT), 0)) / 100 AS paid_cents
FROM {{ source('game', 'events') }} AS e
JOIN {{ ref('items') }} AS i ON i.item = get_json_object(e.payload, '$.item')
WHERE e.type = 'purchase'
