-- Reads the kept settings of the list @names.
SELECT name, value FROM shared_settings WHERE name IN @names
