SELECT session_window(ts, '5 minutes').start, user, count(*) FROM ref__t GROUP BY session_window(ts, '5 minutes'), user
-- expect
SELECT session_window(ts, '5 minutes').start, user, count(*) FROM ref__t AS t GROUP BY session_window(ts, '5 minutes'), user
--
calls count, session_window
