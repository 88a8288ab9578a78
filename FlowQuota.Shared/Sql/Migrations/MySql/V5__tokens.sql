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

-- Lists of tokens, each by an index in the order of the list; docs/decisions/0021 has the figures.

SET @add_list_indexes = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN remaining_band INT GENERATED ALWAYS AS
       (CASE WHEN remaining_quota < 100 THEN remaining_quota
       WHEN remaining_quota < 1000 THEN 100 + remaining_quota DIV 10
       WHEN remaining_quota < 10000 THEN 200 + remaining_quota DIV 100
       WHEN remaining_quota < 100000 THEN 300 + remaining_quota DIV 1000
       WHEN remaining_quota < 1000000 THEN 400 + remaining_quota DIV 10000
       WHEN remaining_quota < 10000000 THEN 500 + remaining_quota DIV 100000
       WHEN remaining_quota < 100000000 THEN 600 + remaining_quota DIV 1000000
       WHEN remaining_quota < 1000000000 THEN 700 + remaining_quota DIV 10000000
       ELSE 800 + remaining_quota DIV 100000000 END) VIRTUAL COMMENT ''first two digits, behind the number of those that follow'',
     ADD COLUMN remaining_percent INT GENERATED ALWAYS AS
       (CASE WHEN total_quota > 0 THEN LEAST(remaining_quota * 100 DIV total_quota, 2147483647) WHEN remaining_quota IS NOT NULL THEN 0 END) VIRTUAL,
     -- GET /flow/tokens?name=, sort=name
     ADD KEY ix_access_tokens_name (name),
     -- GET /flow/tokens?expires_before=, sort=expires_at
     ADD KEY ix_access_tokens_expires_at (expires_at),
     -- GET /flow/tokens?remaining_below=, sort=remaining_quota. An index of remaining_quota itself would double the cost of a sync,
     -- because each one moves the entry
     ADD KEY ix_access_tokens_remaining_band (remaining_band),
     -- GET /flow/tokens?remaining_below_percent=, sort=remaining_percent
     ADD KEY ix_access_tokens_remaining_percent (remaining_percent),
     -- GET /flow/tokens?is_active=
     ADD KEY ix_access_tokens_is_active (is_active),
     -- GET /flow/tokens?quota_type=
     ADD KEY ix_access_tokens_quota_type (quota_type)',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'remaining_percent');
PREPARE add_list_indexes FROM @add_list_indexes;
EXECUTE add_list_indexes;
DEALLOCATE PREPARE add_list_indexes;
