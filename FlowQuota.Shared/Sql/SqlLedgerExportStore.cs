using Dapper;
using FlowQuota.Periods;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="ILedgerExportStore"/> over <c>token_quota_logs</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="usage">Up to when every row is there.</param>
public sealed class SqlLedgerExportStore(SqlDialect dialect, IUsageStore usage) : ILedgerExportStore
{
    /// <inheritdoc/>
    public async Task<LedgerExportPage> ReadAsync(string? tokenId, LedgerCursor after, int limit, CancellationToken cancellationToken)
    {
        // Before the rows: what is read after that has every row made until then.
        if (await usage.ReadCompleteUntilAsync(cancellationToken) is not { } until) return new LedgerExportPage([], after, HasMore: false);

        var rows = tokenId is null
            ? await ReadAllAsync(after, until, limit + 1, cancellationToken)
            : await ReadOneAsync(tokenId, after, limit + 1, cancellationToken);
        // The rows of one token are in the order of its changes. A clock that was set back may have given a later one an earlier time.
        var entries = rows.TakeWhile(row => row.CreatedAt < until).Select(row => row.ToEntry()).Take(limit + 1).ToList();
        bool hasMore = entries.Count > limit;
        if (hasMore) entries.RemoveAt(limit);
        var last = entries is not [.., var entry] ? after
            : tokenId is null ? new LedgerCursor(TokenId: null, UnixTime.Of(entry.CreatedAt), entry.Id)
            : new LedgerCursor(tokenId, entry.Position.Epoch, entry.Position.Seq);
        return new LedgerExportPage(entries, last, hasMore);
    }

    private Task<IReadOnlyList<QuotaLogRow>> ReadOneAsync(string tokenId, LedgerCursor after, int limit, CancellationToken cancellationToken) =>
        dialect.ReadAsync<IReadOnlyList<QuotaLogRow>>(
            async (connection, ct) =>
            {
                var values = new { TokenId = tokenId, Epoch = after.Major, Seq = after.Minor, Limit = limit };
                return [.. await connection.QueryAsync<QuotaLogRow>(dialect.ReportCommand(SqlStatement.ReadTokenExport, values, ct))];
            },
            cancellationToken);

    private Task<IReadOnlyList<QuotaLogRow>> ReadAllAsync(LedgerCursor after, DateTime until, int limit, CancellationToken cancellationToken) =>
        dialect.ReadAsync<IReadOnlyList<QuotaLogRow>>(
            async (connection, ct) =>
            {
                var from = UnixTime.At(after.Major);
                var bounds = new { From = from, Until = until, Id = after.Minor, Offset = limit - 1 };
                var end = await connection.QueryAsync<DateTime>(dialect.ReportCommand(SqlStatement.FindExportEnd, bounds, ct));
                var values = new { From = from, Until = until, Id = after.Minor, End = end.FirstOrDefault(until), Limit = limit };
                return [.. await connection.QueryAsync<QuotaLogRow>(dialect.ReportCommand(SqlStatement.ReadExport, values, ct))];
            },
            cancellationToken);
}
