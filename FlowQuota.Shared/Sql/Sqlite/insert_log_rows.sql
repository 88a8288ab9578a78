-- Inserts log rows. A row of the same change fills in what is still null in the stored one; a row of another request or
-- action at its position changes nothing.
INSERT INTO token_quota_logs (/* columns */)
VALUES
/* rows */
ON CONFLICT (token, epoch, seq) DO UPDATE SET
    execution_error_type = COALESCE(execution_error_type, excluded.execution_error_type),
    execution_error_message = COALESCE(execution_error_message, excluded.execution_error_message),
    execution_success = COALESCE(execution_success, excluded.execution_success)
WHERE request_id = excluded.request_id AND action = excluded.action
