-- Finds the row numbers of tokens by one index, which has all that the conditions and the order ask for.
SELECT id AS found FROM access_tokens /* index */
/* where */
/* order */
/* most */
