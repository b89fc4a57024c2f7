{{ config(materialized='topic', topic='plant.readings_per_minute', key=['device_id']) }}

SELECT
  device_id,
  site,
  window.start AS minute,
  avg(celsius) AS mean_celsius,
  max(celsius) AS max_celsius,
  stddev_samp(bar) AS bar_deviation,
  percentile_approx(worst_vibration, 0.95) AS vibration_p95,
  count(*) AS readings
FROM {{ ref('stg_readings') }}
GROUP BY device_id, site, window(measured_at, '1 minute')
