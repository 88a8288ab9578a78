-- Inserts log rows. A row of the same change fills in what is still null in the stored one; a row of another request or
-- action at its position changes nothing. VALUES() and not a row alias, which MariaDB lacks. The outcome is filled in as
-- a whole, success last, because an assignment sees those before it.
INSERT INTO token_quota_logs (/* columns */)
VALUES
/* rows */
ON DUPLICATE KEY UPDATE
    execution_error_type = IF(request_id = VALUES(request_id) AND action = VALUES(action),
        COALESCE(execution_error_type, VALUES(execution_error_type)), execution_error_type),
    execution_error_message = IF(request_id = VALUES(request_id) AND action = VALUES(action),
        COALESCE(execution_error_message, VALUES(execution_error_message)), execution_error_message),
    execution_success = IF(request_id = VALUES(request_id) AND action = VALUES(action),
        COALESCE(execution_success, VALUES(execution_success)), execution_success)
