-- van;2024-05-01T12:00:00Z;52.5;13.4
WITH parts AS (
  SELECT split(value, ';') AS part, _timestamp AS received_at
  FROM {{ source('fleet', 'positions') }}
),

typed AS (
  SELECT
    part[0] AS van,
    try_to_timestamp(get(part, 1)) AS sent_at,
    try_cast(get(part, 2) AS DOUBLE) AS latitude,
    try_cast(get(part, 3) AS DOUBLE) AS longitude,
    received_at
  FROM parts
  WHERE size(part) = 4
)

SELECT van, received_at, sent_at, latitude, longitude
FROM typed WATERMARK received_at DELAY OF INTERVAL 1 MINUTE
WHERE latitude IS NOT NULL AND longitude IS NOT NULL
