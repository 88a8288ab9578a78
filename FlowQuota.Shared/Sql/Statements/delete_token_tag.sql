-- Makes the token of the row @Row be no longer found by @Tag. By the whole key, so that no gap between keys is locked.
DELETE FROM token_tags WHERE tag = @Tag AND token_row = @Row
