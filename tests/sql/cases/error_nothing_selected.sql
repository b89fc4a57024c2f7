SELECT DISTINCT
FROM ref__orders
-- expect
error 1:1: Nothing is selected here. [None]
