-- Writes the tags that the row @Row of access_tokens shows; token_tags has them to search by.
UPDATE access_tokens SET tags = @Tags WHERE id = @Row
