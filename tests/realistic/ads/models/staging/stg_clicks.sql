{{ config(dedup={'keys': ['event_id']}) }}

SELECT {{ event_columns('id', 'at') }}
FROM {{ source('adserver', 'clicks') }}
WHERE NOT {{ is_bot('user_agent') }}
