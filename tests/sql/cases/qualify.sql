SELECT id FROM ref__t QUALIFY row_number() OVER (PARTITION BY id ORDER BY ts) = 1
-- expect
SELECT id FROM ref__t AS t QUALIFY row_number() OVER (PARTITION BY id ORDER BY ts) = 1
--
calls row_number
