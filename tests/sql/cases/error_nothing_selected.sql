SELECT DISTINCT
FROM ref__orders
-- expect
error 1:1: nothing is selected here [None]
