WITH orders AS (SELECT * FROM ref__orders) SELECT * FROM oders JOIN shop.payments ON TRUE JOIN customers ON TRUE
-- expect
WITH orders AS (SELECT * FROM ref__orders AS orders) SELECT * FROM oders JOIN shop.payments ON TRUE JOIN customers ON TRUE
--
calls nothing
unknown-relation 1:58: 'oders' is no model, source or common table expression of this query [did you mean 'orders'?]
unknown-relation 1:69: 'shop.payments' is no model, source or common table expression of this query [read a topic with {{ source('shop', 'payments') }}]
unknown-relation 1:96: 'customers' is no model, source or common table expression of this query [read a model or seed with {{ ref('customers') }}, a topic with source()]
