SELECT
  click_id,
  visitor,
  {{ section_of('url') }} AS section,
  clicked_at
FROM {{ source('web', 'clicks') }}
WHERE visitor IS NOT NULL
