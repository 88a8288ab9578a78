-- A token may get a new secret under the same id.

SET @add_rotation = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN rotation INT NOT NULL DEFAULT 0 COMMENT ''how often the token got a new secret'',
     ADD COLUMN rotated_at DATETIME(3) NULL COMMENT ''NULL = never'',
     ADD COLUMN previous_secret_hash BINARY(32) NULL COMMENT ''HMAC-SHA256(pepper, the secret before); NULL = only the present one is good'',
     ADD COLUMN previous_valid_until DATETIME(3) NULL COMMENT ''from then on the secret before is refused''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'rotation');
PREPARE add_rotation FROM @add_rotation;
EXECUTE add_rotation;
DEALLOCATE PREPARE add_rotation;

-- What admins call a token, and by what they find it.

SET @add_description = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN name VARCHAR(100) NULL COMMENT ''what admins call it'',
     ADD COLUMN tags VARCHAR(1039) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''with a space between two; token_tags has them to search by'',
     ADD COLUMN metadata TEXT NULL COMMENT ''a JSON object of the admins, at most 4,096 bytes''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'metadata');
PREPARE add_description FROM @add_description;
EXECUTE add_description;
DEALLOCATE PREPARE add_description;

CREATE TABLE IF NOT EXISTS token_tags (
  tag       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_row BIGINT      NOT NULL COMMENT 'access_tokens.id',
  -- GET /flow/tokens?tag=, oldest first
  PRIMARY KEY (tag, token_row)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
