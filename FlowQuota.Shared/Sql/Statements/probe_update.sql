-- Updates no row. Fails if the account or the server refuses an UPDATE.
UPDATE access_tokens SET row_version = row_version WHERE 1 = 0
