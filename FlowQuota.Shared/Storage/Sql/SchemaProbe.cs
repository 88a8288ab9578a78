namespace FlowQuota.Storage.Sql;

/// <summary>Statements that touch no row and fail if the schema is not this version's, or if the account or the server takes no writes.</summary>
internal static class SchemaProbe
{
    /// <summary>Reads every column of every table; a test compares them with the migrations.</summary>
    public const string ReadNothing = """
        SELECT t.id, t.ws_id, t.email, t.access_token, t.secret_hash, t.created_at, t.expires_at, t.operation_type, t.is_active,
               t.rate_limit_per_minute, t.rate_limit_burst, t.rate_limit_window_seconds, t.quota_type, t.total_quota, t.remaining_quota,
               t.quota_synced_at, t.updated_at, t.quota_epoch, t.synced_epoch, t.synced_seq, t.row_version,
               l.id, l.token, l.ws_id, l.email, l.quota_before, l.quota_after, l.quota_change, l.action, l.request_id, l.execution_success,
               l.execution_error_type, l.execution_error_message, l.created_at, l.epoch, l.seq, l.total_after,
               d.id, d.payload, d.payload_hash, d.reason, d.created_at,
               r.id, r.started_at, r.completed_at, r.retention_days, r.deleted_count,
               k.token, k.key_hash, k.fingerprint, k.request_id, k.epoch, k.seq, k.result, k.created_at,
               s.name, s.value, s.created_at
        FROM access_tokens AS t, token_quota_logs AS l, quota_dead_letters AS d, quota_cleanup_runs AS r,
             idempotency_keys AS k, shared_settings AS s
        WHERE 1 = 0
        """;

    /// <summary>In the order in which they are to run.</summary>
    public static readonly IReadOnlyList<string> Statements =
    [
        ReadNothing,
        "UPDATE access_tokens SET row_version = row_version WHERE 1 = 0",
        "INSERT INTO quota_cleanup_runs (started_at, retention_days) SELECT started_at, retention_days FROM quota_cleanup_runs WHERE 1 = 0",
        "DELETE FROM idempotency_keys WHERE 1 = 0",
    ];
}
