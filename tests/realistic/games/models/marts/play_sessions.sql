{{ config(materialized='topic', topic='game.play_sessions', key=['player_id']) }}

FROM {{ source('game', 'events') }}
|> WHERE type <> 'chat'
|> AGGREGATE count(*) AS events, min(at) AS first_at, max(at) AS last_at
   GROUP BY player_id, session_window(at, '10 minutes') AS session
|> SELECT player_id, session.start AS started_at, session.end AS ended_at, events, first_at, last_at
