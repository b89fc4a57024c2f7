{{ config(materialized='topic', topic='game.purchases_after_wins', key=['player_id']) }}

SELECT
  p.event_id, p.player_id, p.item, p.rarity, p.paid_cents, p.at AS bought_at,
  {{ var('season') }} AS season
FROM {{ ref('stg_purchases') }} AS p
LEFT SEMI JOIN {{ ref('stg_matches') }} AS w
  ON w.player_id = p.player_id
  AND w.m.won
  AND w.at BETWEEN p.at - INTERVAL 15 MINUTES AND p.at
