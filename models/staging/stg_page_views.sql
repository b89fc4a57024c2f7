SELECT
  customer_id,
  viewed_at,
  split_part(url, '?', 1) AS path,
  nullif(regexp_extract(url, '[?&]campaign=([^&]*)', 1), '') AS campaign,
  device.type AS device_type
FROM {{ source('shop', 'page_views') }}
