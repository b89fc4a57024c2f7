{{ config(dedup={'keys': ['event_id']}) }}

SELECT
  {{ event_columns('id', 'at') }},
  split(placement, '/')[0] AS site,
  try_element_at(split(placement, '/'), 2) AS section,
  map_from_entries(transform(filter(tags, t -> t.key IS NOT NULL), t -> struct(t.key, t.value)))['ab_test'] AS variant
FROM {{ source('adserver', 'impressions') }}
WHERE NOT {{ is_bot('user_agent') }}
