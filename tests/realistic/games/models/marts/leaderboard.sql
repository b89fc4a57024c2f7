{{ config(
    materialized='sink', connector='console', output_mode='complete',
    trigger={'processing_time': '1 minute'},
) }}

-- The whole season fits in memory, and is wanted whole.
SELECT player_id, sum(m.points) AS points, {{ level_of('sum(m.points)') }} AS level
FROM {{ ref('stg_matches') }}
GROUP BY player_id
ORDER BY points DESC
LIMIT 100
