SELECT device_id, sent_at, uptime_seconds, uptime_seconds < 60 AS just_started
FROM {{ source('plant', 'heartbeats') }}
