WITH ref__mine AS (SELECT 1 AS source__x) SELECT * FROM ref__mine
-- expect
WITH ref__mine AS (SELECT 1 AS source__x) SELECT * FROM ref__mine
--
calls nothing
reserved-name 1:57: 'ref__mine' begins with a prefix that streamsql keeps for itself [read other models with ref() and topics with source(), or choose another name]
reserved-name 1:6: 'ref__mine' begins with a prefix that streamsql keeps for itself [read other models with ref() and topics with source(), or choose another name]
reserved-name 1:32: 'source__x' begins with a prefix that streamsql keeps for itself [read other models with ref() and topics with source(), or choose another name]
