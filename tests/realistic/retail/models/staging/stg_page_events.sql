{{ config(dedup={'keys': ['event_id'], 'within': '10 minutes'}) }}

SELECT event_id, visitor_id, lower(trim(kind)) AS kind, product_id, happened_at
FROM {{ source('store', 'page_events') }}
