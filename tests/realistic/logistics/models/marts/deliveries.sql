{{ config(materialized='topic', topic='fleet.deliveries', key=['parcel_id']) }}

WITH picked_up AS (
  SELECT parcel_id, service, depot, scanned_at FROM {{ ref('stg_scans') }} WHERE kind = 'picked_up'
),

delivered AS (
  SELECT parcel_id, scanned_at FROM {{ ref('stg_scans') }} WHERE kind = 'delivered'
)

SELECT
  p.parcel_id,
  p.service,
  p.depot AS origin,
  p.scanned_at AS picked_up_at,
  d.scanned_at AS delivered_at,
  (unix_timestamp(d.scanned_at) - unix_timestamp(p.scanned_at)) / 3600 <= s.promised_hours AS on_time
FROM picked_up AS p
JOIN delivered AS d
  ON d.parcel_id = p.parcel_id
  AND d.scanned_at BETWEEN p.scanned_at AND p.scanned_at + INTERVAL 14 DAYS
JOIN {{ ref('service_levels') }} AS s ON s.service = p.service
