{{ config(materialized='table', partition_by=['arrived_on']) }}

SELECT
  event_id,
  visitor_id,
  kind,
  happened_at,
  _timestamp AS arrived_at,
  to_date(_timestamp) AS arrived_on,
  timestampdiff(SECOND, happened_at, _timestamp) AS late_by_seconds
FROM {{ source('store', 'page_events') }}
WHERE happened_at < _timestamp - INTERVAL 2 MINUTES
