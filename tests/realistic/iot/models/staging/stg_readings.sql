{{ config(dedup={'keys': ['device_id', 'sequence'], 'within': '15 minutes'}) }}

SELECT
  r.device_id,
  r.measured_at,
  r.sequence,
  d.site,
  d.kind,
  {{ celsius('r.metrics.temperature') }} + d.calibration_offset AS celsius,
  r.metrics.pressure AS bar,
  aggregate(r.metrics.vibration, 0.0D, (worst, v) -> greatest(worst, abs(v))) AS worst_vibration,
  size(r.metrics.vibration) AS vibration_samples,
  r.firmware
FROM {{ source('plant', 'readings') }} AS r
JOIN {{ ref('devices') }} AS d USING (device_id)
WHERE r.metrics.temperature BETWEEN -400 AND 30000
