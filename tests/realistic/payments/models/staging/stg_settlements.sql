{{ config(dedup={'keys': ['settlement_id']}) }}

SELECT settlement_id, authorization_id, net_minor / 100 AS net_amount, settled_at
FROM {{ source('acquiring', 'settlements') }}
