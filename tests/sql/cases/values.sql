SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v (id, name) JOIN range(5) AS r ON r.id = v.id
-- expect
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v (id, name) JOIN range(5) AS r ON r.id = v.id
--
calls range
