

  SELECT *
  FROM ref__t ;


-- expect
  SELECT *
  FROM ref__t AS t
--
calls nothing
