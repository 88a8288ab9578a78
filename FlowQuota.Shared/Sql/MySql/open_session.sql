-- Sets up a connection. Strict, whatever the server's default: a value that does not fit is refused, not cut. Waits are
-- bounded well below the command timeout. lock_wait_timeout (a day or a year by default) is that of ALTER TABLE, behind
-- which all other statements would queue.
SET SESSION
    sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    time_zone = '+00:00',
    innodb_lock_wait_timeout = 5,
    lock_wait_timeout = 5,
    wait_timeout = 60
