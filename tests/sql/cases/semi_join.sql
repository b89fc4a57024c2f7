SELECT * FROM ref__a LEFT SEMI JOIN ref__b ON a.id = b.id LEFT ANTI JOIN ref__c USING (id)
-- expect
SELECT * FROM ref__a AS a LEFT SEMI JOIN ref__b AS b ON a.id = b.id LEFT ANTI JOIN ref__c AS c USING (id)
--
calls nothing
