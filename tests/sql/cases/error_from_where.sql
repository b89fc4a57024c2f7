FROM ref__orders WHERE a > 1
-- expect
error 1:18: FROM without SELECT takes no WHERE [write |> WHERE, or SELECT * before FROM]
