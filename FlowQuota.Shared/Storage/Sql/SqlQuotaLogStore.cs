using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using FlowQuota.Auditing;
using FlowQuota.Quotas;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="IQuotaLogStore"/> in <c>token_quota_logs</c> and <c>quota_dead_letters</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">When something was set aside.</param>
/// <param name="logger">Hears of everything that is set aside.</param>
public sealed partial class SqlQuotaLogStore(SqlDialect dialect, TimeProvider clock, ILogger<SqlQuotaLogStore> logger) : IQuotaLogStore
{
    private const int RowsPerTransaction = 1000;

    private readonly QuotaLogInserts _inserts = new(dialect);

    /// <inheritdoc/>
    public async Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        var batch = QuotaLogBatch.Of(entries);
        List<DeadLetter> aside = [.. batch.Contradictions];
        for (var start = 0; start < batch.Changes.Length; start += RowsPerTransaction)
        {
            var count = Math.Min(RowsPerTransaction, batch.Changes.Length - start);
            aside.AddRange(await WriteOrSplitAsync(new ArraySegment<QuotaLogEntry>(batch.Changes, start, count), cancellationToken));
        }

        foreach (var letter in aside) await SetAsideAsync(letter, cancellationToken);
        return aside.Count;
    }

    /// <inheritdoc/>
    public Task SetAsideAsync(string payload, string reason, CancellationToken cancellationToken) =>
        SetAsideAsync(new DeadLetter(payload, reason), cancellationToken);

    /// <inheritdoc/>
    public Task<QuotaLogEntry?> FindChangeAsync(
        string tokenId, string requestId, LedgerPosition after, DateTime since, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT {QuotaLogRow.Columns}
            FROM token_quota_logs
            WHERE token = @tokenId AND (epoch > @Epoch OR (epoch = @Epoch AND seq > @Seq)) AND created_at >= @since
              AND request_id = @requestId AND action IN ('init', 'recharge')
            ORDER BY epoch, seq
            LIMIT 1
            """;
        var values = new { tokenId, requestId, after.Epoch, after.Seq, since };
        return dialect.ReadAsync(
            async (connection, ct) =>
                (await connection.QuerySingleOrDefaultAsync<QuotaLogRow>(new CommandDefinition(sql, values, cancellationToken: ct)))?.ToEntry(),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LedgerPosition>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT epoch, seq
            FROM token_quota_logs
            WHERE created_at BETWEEN @from AND @until AND action = 'consume' AND token = @tokenId AND request_id = @requestId
              AND quota_change < 0
            """;
        return dialect.ReadAsync<IReadOnlyList<LedgerPosition>>(
            async (connection, ct) =>
            {
                var rows = await connection.QueryAsync<(int Epoch, long Seq)>(
                    new CommandDefinition(sql, new { tokenId, requestId, from, until }, cancellationToken: ct));
                return [.. rows.Select(row => new LedgerPosition(row.Epoch, row.Seq))];
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken)
    {
        // MySQL refuses to compare an ASCII column with anything else; such a token cannot exist.
        if (!Ascii.IsValid(query.TokenId)) return Task.FromResult(new QuotaLogPage([], 0));

        var where = Where(query);
        var page = $"""
            SELECT {QuotaLogRow.Columns}
            FROM token_quota_logs
            {where}
            ORDER BY epoch DESC, seq DESC
            LIMIT @Limit OFFSET @Offset
            """;
        var count = $"SELECT COUNT(*) FROM token_quota_logs {where}";
        var values = new
        {
            query.TokenId,
            query.From,
            query.Until,
            Action = query.Action is { } action ? SqlNames.Of(action) : null,
            Limit = query.PageSize,
            Offset = (query.Page - 1L) * query.PageSize,
        };
        return dialect.ReadAsync(
            async (connection, ct) =>
            {
                var rows = await connection.QueryAsync<QuotaLogRow>(new CommandDefinition(page, values, cancellationToken: ct));
                var total = await connection.ExecuteScalarAsync<long>(new CommandDefinition(count, values, cancellationToken: ct));
                return new QuotaLogPage([.. rows.Select(row => row.ToEntry())], total);
            },
            cancellationToken);
    }

    // SQL says that a value of the batch is bad, but not which: halving finds it in a few statements.
    private async Task<IReadOnlyList<DeadLetter>> WriteOrSplitAsync(
        ArraySegment<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        try
        {
            return await dialect.WriteKeptAsync((transaction, ct) => WriteAsync(transaction, entries, ct), cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.ContentRefused)
        {
            if (entries is [var refused]) return [DeadLetter.Of(refused, $"SQL refused it: {failed.Message}")];

            var half = entries.Count / 2;
            return
            [
                .. await WriteOrSplitAsync(entries[..half], cancellationToken),
                .. await WriteOrSplitAsync(entries[half..], cancellationToken),
            ];
        }
    }

    private async Task<IReadOnlyList<DeadLetter>> WriteAsync(
        DbTransaction transaction, ArraySegment<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        var window = new ContradictionWindow(entries);
        var repeated = await FindRepeatedAsync(transaction, entries, window, cancellationToken);
        var stored = await ReadStoredAsync(transaction, repeated, window, cancellationToken);
        var (writable, aside) = stored.Count == 0 && !entries.Any(entry => entry.IsLateOutcome) ? (entries, []) : Compare(entries, stored);
        if (writable.Count + aside.Count < entries.Count) LogLost(logger, entries.Count - writable.Count - aside.Count);
        await _inserts.ExecuteAsync(transaction, writable, cancellationToken);
        return aside;
    }

    // Nearly every change is newer than all that is stored of its token, which one look a token and epoch tells.
    private async Task<IReadOnlyList<QuotaLogEntry>> FindRepeatedAsync(
        DbTransaction transaction, ArraySegment<QuotaLogEntry> entries, ContradictionWindow window, CancellationToken cancellationToken)
    {
        var values = new { Keys = JsonSerializer.Serialize(Ledgers(entries)), window.From, window.Until };
        var rows = await transaction.Connection!.QueryAsync<(string Token, int Epoch, long? Seq)>(
            new CommandDefinition(dialect.SelectNewestPositions, values, transaction, cancellationToken: cancellationToken));
        var newest = rows.Where(row => row.Seq is not null).ToDictionary(row => (row.Token, row.Epoch), row => row.Seq!.Value);
        return newest.Count == 0
            ? []
            : [.. entries.Where(entry => newest.TryGetValue((entry.TokenId, entry.Position.Epoch), out var seq) && entry.Position.Seq <= seq)];
    }

    // Each once: those of one ledger stand together.
    private static List<LedgerKey> Ledgers(ArraySegment<QuotaLogEntry> entries)
    {
        List<LedgerKey> ledgers = [];
        foreach (var entry in entries)
        {
            var ledger = new LedgerKey(entry.TokenId, entry.Position.Epoch);
            if (ledgers is [] || ledgers[^1] != ledger) ledgers.Add(ledger);
        }

        return ledgers;
    }

    // The unique key of a partitioned table holds created_at, so it does not see a contradiction made at another time.
    private async Task<ILookup<(string, LedgerPosition), StoredChange>> ReadStoredAsync(
        DbTransaction transaction, IReadOnlyList<QuotaLogEntry> entries, ContradictionWindow window, CancellationToken cancellationToken)
    {
        if (entries.Count == 0) return Enumerable.Empty<StoredChange>().ToLookup(row => (row.Token, default(LedgerPosition)));

        var keys = entries.Select(entry => new { token = entry.TokenId, epoch = entry.Position.Epoch, seq = entry.Position.Seq });
        var values = new { Keys = JsonSerializer.Serialize(keys), window.From, window.Until };
        var rows = await transaction.Connection!.QueryAsync<StoredChange>(
            new CommandDefinition(dialect.SelectStoredChanges, values, transaction, cancellationToken: cancellationToken));
        return rows.ToLookup(row => (row.Token, new LedgerPosition(row.Epoch, row.Seq)));
    }

    private static (ArraySegment<QuotaLogEntry> Writable, IReadOnlyList<DeadLetter> Aside) Compare(
        ArraySegment<QuotaLogEntry> entries, ILookup<(string, LedgerPosition), StoredChange> stored)
    {
        List<QuotaLogEntry> writable = new(entries.Count);
        List<DeadLetter> aside = [];
        foreach (var entry in entries)
        {
            var others = stored[(entry.TokenId, entry.Position)].ToArray();
            if (others is [])
            {
                if (!entry.IsLateOutcome)
                    writable.Add(entry);
            }
            else if (others.FirstOrDefault(row => QuotaLogBatch.IsSameChange(entry, row.RequestId, row.Action)) is { } same)
                writable.Add(entry with { CreatedAt = same.CreatedAt });
            else
                aside.Add(DeadLetter.Of(entry, QuotaLogBatch.Contradiction(others[0].RequestId, others[0].Action)));
        }

        return (writable.ToArray(), aside);
    }

    private async Task SetAsideAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        var sql = $"""
            INSERT INTO quota_dead_letters (payload, payload_hash, reason, created_at)
            VALUES (@Payload, @PayloadHash, @ShortReason, @Now)
            {dialect.OnDuplicateDeadLetter}
            """;
        var values = new { letter.Payload, letter.PayloadHash, letter.ShortReason, Now = clock.GetUtcNow().UtcDateTime };
        await dialect.WriteAsync(
            (transaction, ct) => transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: ct)),
            repeatable: true,
            cancellationToken);
        LogSetAside(logger, letter.ShortReason);
    }

    private static string Where(QuotaLogQuery query)
    {
        List<string> conditions = ["token = @TokenId"];
        if (query.From is not null) conditions.Add("created_at >= @From");
        if (query.Until is not null) conditions.Add("created_at < @Until");
        if (query.Action is not null) conditions.Add("action = @Action");
        return $"WHERE {string.Join(" AND ", conditions)}";
    }

    /// <summary>What the SELECT of the newest positions reads.</summary>
    private readonly record struct LedgerKey(
        [property: JsonPropertyName("token")] string TokenId, [property: JsonPropertyName("epoch")] int Epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} outcomes of calls were left out: Redis was restarted and has lost these calls")]
    private static partial void LogLost(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "An audit record was set aside in quota_dead_letters: {Reason}")]
    private static partial void LogSetAside(ILogger logger, string reason);
}
