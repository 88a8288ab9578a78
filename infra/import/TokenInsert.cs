using System.Data;
using System.Text;
using Dapper;
using FlowQuota.Sql;
using FlowQuota.Tokens;

namespace FlowQuota.Import;

/// <summary>The statement that inserts tokens by the hundred.</summary>
internal sealed class TokenInsert(SqlDialect dialect, IReadOnlyList<AccessToken> tokens) : SqlMapper.IDynamicParameters
{
    private const int ColumnCount = 20;

    /// <summary>The statement.</summary>
    public string Text()
    {
        var sql = new StringBuilder(
            """
            INSERT INTO access_tokens (
                access_token, secret_hash, ws_id, email, created_at, expires_at, operation_type, is_active,
                rate_limit_per_minute, rate_limit_burst, rate_limit_window_seconds, quota_type, total_quota,
                remaining_quota, quota_synced_at, updated_at, quota_epoch, synced_epoch, synced_seq, row_version)
            VALUES

            """);
        return dialect.AppendRows(sql, tokens.Count, ColumnCount).ToString();
    }

    /// <inheritdoc/>
    public void AddParameters(IDbCommand command, SqlMapper.Identity identity)
    {
        foreach (var token in tokens)
        {
            dialect.AddParameter(command, token.TokenId);
            dialect.AddParameter(command, token.SecretHash);
            dialect.AddParameter(command, token.WorkspaceId);
            dialect.AddParameter(command, token.Email);
            dialect.AddParameter(command, token.CreatedAt);
            dialect.AddParameter(command, token.ExpiresAt);
            dialect.AddParameter(command, SqlEnums.Of(token.OperationType));
            dialect.AddParameter(command, token.IsActive);
            dialect.AddParameter(command, token.RateLimitPerMinute);
            dialect.AddParameter(command, token.RateLimitBurst);
            dialect.AddParameter(command, token.RateLimitWindowSeconds);
            dialect.AddParameter(command, SqlEnums.Of(token.QuotaType));
            dialect.AddParameter(command, token.TotalQuota);
            dialect.AddParameter(command, token.RemainingQuota);
            dialect.AddParameter(command, token.QuotaSyncedAt);
            dialect.AddParameter(command, token.UpdatedAt);
            dialect.AddParameter(command, token.QuotaEpoch);
            dialect.AddParameter(command, token.SyncedEpoch);
            dialect.AddParameter(command, token.SyncedSeq);
            dialect.AddParameter(command, token.RowVersion);
        }
    }
}
