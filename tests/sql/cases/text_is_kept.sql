select  a ,b -- why
  from ref__t /* here */ where x = 'it''s; -- no comment'
-- expect
select  a ,b -- why
  from ref__t AS t /* here */ where x = 'it''s; -- no comment'
--
calls nothing
