SELECT
  parcel_id,
  kind,
  upper(trim(depot)) AS depot,
  service,
  scanned_at,
  weight_grams / 1000 AS kilograms
FROM {{ source('fleet', 'scans') }}
