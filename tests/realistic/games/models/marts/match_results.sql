{{ config(materialized='topic', topic='game.match_results', key=['match_id']) }}

SELECT
  m.match_id,
  window(at, '10 minutes').start AS played_at,
  count_if(m.won) AS winners,
  count(*) AS players,
  avg(m.points) AS mean_points,
  any_value(m.team) AS a_team
FROM {{ ref('stg_matches') }}
GROUP BY m.match_id, window(at, '10 minutes')
