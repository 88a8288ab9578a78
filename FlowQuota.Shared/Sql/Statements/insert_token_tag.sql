-- Makes the token of the row @Row be found by @Tag.
INSERT INTO token_tags (tag, token_row) VALUES (@Tag, @Row)
