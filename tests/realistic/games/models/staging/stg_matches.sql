SELECT
  event_id,
  player_id,
  at,
  from_json(payload, 'match_id string, won boolean, points int, team array<bigint>') AS m
FROM {{ source('game', 'events') }}
WHERE type = 'match'
