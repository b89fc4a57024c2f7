SELECT * FROM ref__a, ref__b b, STREAM ref__c WHERE a.id = b.id
-- expect
SELECT * FROM ref__a AS a, ref__b b, ref__c AS c WHERE a.id = b.id
--
stream ref__c
calls nothing
