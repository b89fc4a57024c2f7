CREATE TABLE t AS SELECT 1
-- expect
error 1:1: a model is one query; it cannot begin with 'CREATE' [begin with SELECT, WITH or FROM; streamsql writes the results itself]
