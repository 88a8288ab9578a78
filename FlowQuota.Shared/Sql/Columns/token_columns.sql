-- The columns of access_tokens by the names of AccessToken, but for those of the periods.
id AS Id, access_token AS TokenId, secret_hash AS SecretHash, ws_id AS WorkspaceId, email AS Email,
    name AS Name, tags AS Tags, metadata AS Metadata,
    created_at AS CreatedAt, expires_at AS ExpiresAt, operation_type AS OperationType, is_active AS IsActive,
    rate_limit_per_minute AS RateLimitPerMinute, rate_limit_burst AS RateLimitBurst,
    rate_limit_window_seconds AS RateLimitWindowSeconds, quota_type AS QuotaType, total_quota AS TotalQuota,
    remaining_quota AS RemainingQuota, reserved_quota AS ReservedQuota, quota_synced_at AS QuotaSyncedAt, updated_at AS UpdatedAt,
    quota_epoch AS QuotaEpoch, synced_epoch AS SyncedEpoch, synced_seq AS SyncedSeq, row_version AS RowVersion,
    rotation AS Rotation, rotated_at AS RotatedAt, previous_secret_hash AS PreviousSecretHash, previous_valid_until AS PreviousValidUntil
