{{ config(
    materialized='table',
    format='delta',
    unique_key=['parcel_id'],
    order_by=['scanned_at'],
) }}

SELECT parcel_id, kind AS state, depot, service, scanned_at, kilograms
FROM {{ ref('stg_scans') }}
