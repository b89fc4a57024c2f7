{{ config(materialized='table', format='delta', partition_by=['measured_on'], trigger={'processing_time': '1 minute'}) }}

SELECT
  device_id, site, kind, measured_at, CAST(measured_at AS DATE) AS measured_on,
  round(celsius, 2) AS celsius, bar, worst_vibration
FROM {{ ref('stg_readings') }}
