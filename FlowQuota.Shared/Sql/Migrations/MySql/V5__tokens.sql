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
