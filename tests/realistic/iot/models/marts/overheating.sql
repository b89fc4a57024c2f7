{{ config(materialized='topic', topic='plant.overheating', key=['device_id'], tags=['alerts']) }}

WITH windows AS (
  SELECT
    device_id,
    site,
    window(measured_at, '5 minutes', '1 minute') AS span,
    min(celsius) AS coolest,
    max_by(firmware, measured_at) AS firmware,
    count(*) AS readings
  FROM {{ ref('stg_readings') }}
  WHERE kind = 'boiler'
  GROUP BY device_id, site, window(measured_at, '5 minutes', '1 minute')
)

SELECT device_id, site, span.start AS since, span.end AS until, coolest, firmware
FROM windows
WHERE coolest > {{ var('hot_celsius') }} AND readings >= 3
