{{ config(materialized='topic', topic='fleet.van_distance', key=['van']) }}

WITH hours AS (
  SELECT
    van,
    window(received_at, '1 hour') AS hour,
    min_by(struct(latitude, longitude), sent_at) AS first_place,
    max_by(struct(latitude, longitude), sent_at) AS last_place,
    count(*) AS positions
  FROM {{ ref('stg_positions') }}
  GROUP BY van, window(received_at, '1 hour')
)

SELECT
  van,
  hour.start AS hour,
  positions,
  {{ kilometres('first_place.latitude', 'first_place.longitude', 'last_place.latitude', 'last_place.longitude') }} AS kilometres
FROM hours
