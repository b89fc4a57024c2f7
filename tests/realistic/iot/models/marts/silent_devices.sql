{{ config(materialized='topic', topic='plant.silent_devices', key=['device_id'], tags=['alerts']) }}

-- A heartbeat that no reading follows within five minutes.
SELECT h.device_id, h.sent_at, h.uptime_seconds
FROM {{ ref('stg_heartbeats') }} AS h
LEFT JOIN {{ ref('stg_readings') }} AS r
  ON r.device_id = h.device_id
  AND r.measured_at BETWEEN h.sent_at AND h.sent_at + INTERVAL 5 MINUTES
WHERE r.device_id IS NULL AND NOT h.just_started
