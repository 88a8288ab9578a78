-- Finds the row numbers of the tokens with a tag, by the primary key.
SELECT token_row AS found FROM token_tags
/* where */
/* order */
/* most */
