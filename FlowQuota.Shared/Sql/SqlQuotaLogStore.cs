using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using FlowQuota.Ledger;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Sql;

/// <summary><see cref="IQuotaLogStore"/> in <c>token_quota_logs</c> and <c>quota_dead_letters</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">The clock for the time of dead letters.</param>
/// <param name="logger">Logs each dead letter.</param>
public sealed partial class SqlQuotaLogStore(SqlDialect dialect, TimeProvider clock, ILogger<SqlQuotaLogStore> logger) : IQuotaLogStore
{
    private const int RowsPerTransaction = 1000;

    private readonly QuotaLogWriter _inserts = new(dialect);

    /// <inheritdoc/>
    public async Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, NewestPositions newest, CancellationToken cancellationToken)
    {
        var batch = QuotaLogBatch.Of(entries);
        List<DeadLetter> aside = [.. batch.Contradictions];
        for (int start = 0; start < batch.Changes.Length; start += RowsPerTransaction)
        {
            int count = Math.Min(RowsPerTransaction, batch.Changes.Length - start);
            aside.AddRange(await WriteOrSplitAsync(new ArraySegment<QuotaLogEntry>(batch.Changes, start, count), newest, cancellationToken));
        }

        foreach (var letter in aside) await DeadLetterAsync(letter, cancellationToken);
        return aside.Count;
    }

    /// <inheritdoc/>
    public Task DeadLetterAsync(string payload, string reason, CancellationToken cancellationToken) =>
        DeadLetterAsync(new DeadLetter(payload, reason), cancellationToken);

    /// <inheritdoc/>
    public Task<QuotaLogEntry?> FindChangeAsync(
        string tokenId, string requestId, LedgerPosition after, CancellationToken cancellationToken)
    {
        var values = new { tokenId, requestId, after.Epoch, after.Seq };
        return dialect.ReadAsync(
            async (connection, ct) =>
                (await connection.QuerySingleOrDefaultAsync<QuotaLogRow>(dialect.Command(SqlStatement.FindChange, values, ct)))?.ToEntry(),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FoundCall>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken) =>
        dialect.ReadAsync<IReadOnlyList<FoundCall>>(
            async (connection, ct) =>
            {
                var rows = await connection.QueryAsync<(int Epoch, long Seq, DateTime At)>(
                    dialect.Command(SqlStatement.FindCalls, new { tokenId, requestId, from, until }, ct));
                return [.. rows.Select(row => new FoundCall(new LedgerPosition(row.Epoch, row.Seq), row.At))];
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<(IReadOnlyList<QuotaLogEntry> Rows, DateTime SearchedFrom)> FindRequestAsync(
        string tokenId, string requestId, DateTime from, int limit, CancellationToken cancellationToken) =>
        dialect.ReadAsync<(IReadOnlyList<QuotaLogEntry>, DateTime)>(
            async (connection, ct) =>
            {
                var values = new { TokenId = tokenId, RequestId = requestId, From = from, Limit = limit, Offset = limit - 1 };
                var rows = await connection.QueryAsync<QuotaLogRow>(dialect.Command(SqlStatement.FindRequestRows, values, ct));
                var oldest = await connection.QueryAsync<DateTime>(dialect.Command(SqlStatement.FindOldestSearched, values, ct));
                return ([.. rows.Select(row => row.ToEntry())], oldest.FirstOrDefault(from));
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken)
    {
        // MySQL cannot compare an ASCII column with other characters; such a token cannot exist.
        if (!Ascii.IsValid(query.TokenId)) return Task.FromResult(new QuotaLogPage([], 0));

        var conditions = Conditions(query);
        string page = dialect.Text(SqlStatement.ReadLogPage, conditions);
        string count = dialect.Text(SqlStatement.CountLogRows, conditions);
        var values = new
        {
            query.TokenId,
            query.From,
            query.Until,
            Action = query.Action is { } action ? SqlEnums.Of(action) : null,
            Limit = query.PageSize,
            Offset = (query.Page - 1L) * query.PageSize,
        };
        return dialect.ReadAsync(
            async (connection, ct) =>
            {
                var rows = await connection.QueryAsync<QuotaLogRow>(new CommandDefinition(page, values, cancellationToken: ct));
                long total = await connection.ExecuteScalarAsync<long>(new CommandDefinition(count, values, cancellationToken: ct));
                return new QuotaLogPage([.. rows.Select(row => row.ToEntry())], total);
            },
            cancellationToken);
    }

    // SQL reports that a value of the batch is bad, but not which one. Halving the batch finds it in a few statements.
    private async Task<IReadOnlyList<DeadLetter>> WriteOrSplitAsync(
        ArraySegment<QuotaLogEntry> entries, NewestPositions newest, CancellationToken cancellationToken)
    {
        try
        {
            return await dialect.WritePreparedAsync((transaction, ct) => WriteAsync(transaction, entries, newest, ct), cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.ContentRefused)
        {
            if (entries is [var refused]) return [DeadLetter.Of(refused, $"SQL refused it: {failed.Message}")];

            int half = entries.Count / 2;
            return
            [
                .. await WriteOrSplitAsync(entries[..half], newest, cancellationToken),
                .. await WriteOrSplitAsync(entries[half..], newest, cancellationToken),
            ];
        }
    }

    private async Task<IReadOnlyList<DeadLetter>> WriteAsync(
        DbTransaction transaction, ArraySegment<QuotaLogEntry> entries, NewestPositions newest, CancellationToken cancellationToken)
    {
        var window = new ConflictWindow(entries);
        var repeated = await FindRepeatedAsync(transaction, entries, newest, window, cancellationToken);
        var stored = await ReadStoredAsync(transaction, repeated, window, cancellationToken);
        var (writable, aside) = stored.Count == 0 && !entries.Any(entry => entry.IsLateOutcome) ? (entries, []) : Compare(entries, stored);
        if (writable.Count + aside.Count < entries.Count) LogLost(logger, entries.Count - writable.Count - aside.Count);
        await _inserts.ExecuteAsync(transaction, writable, cancellationToken);
        await SqlReservations.WriteAsync(dialect, transaction, writable, cancellationToken);
        return aside;
    }

    // Nearly every change is newer than all stored ones of its token. One read for each token and epoch shows that, and as
    // nobody else writes to it meanwhile, it stays true.
    private async Task<IReadOnlyList<QuotaLogEntry>> FindRepeatedAsync(
        DbTransaction transaction, ArraySegment<QuotaLogEntry> entries, NewestPositions newest, ConflictWindow window,
        CancellationToken cancellationToken)
    {
        newest.Trim();
        var unknown = Unknown(entries, newest);
        if (unknown.Count > 0)
        {
            var values = new { Keys = JsonSerializer.Serialize(unknown), window.From, window.Until };
            var rows = await transaction.Connection!.QueryAsync<(string Token, int Epoch, long? Seq)>(
                dialect.Command(SqlStatement.FindNewestPositions, values, transaction, cancellationToken));
            foreach (var (token, epoch, seq) in rows) newest.Add(token, new LedgerPosition(epoch, seq ?? 0));
        }

        // The row of a late outcome was written earlier, so it is looked for in any case.
        List<QuotaLogEntry> repeated = [.. entries.Where(entry => entry.IsLateOutcome || !newest.IsNewer(entry.TokenId, entry.Position))];
        foreach (var entry in entries) newest.Add(entry.TokenId, entry.Position);
        return repeated;
    }

    // Each token and epoch once; those of one ledger are adjacent.
    private static List<LedgerKey> Unknown(ArraySegment<QuotaLogEntry> entries, NewestPositions newest)
    {
        List<LedgerKey> ledgers = [];
        foreach (var entry in entries)
        {
            var ledger = new LedgerKey(entry.TokenId, entry.Position.Epoch);
            if ((ledgers is [] || ledgers[^1] != ledger) && !newest.Knows(ledger.TokenId, ledger.Epoch)) ledgers.Add(ledger);
        }

        return ledgers;
    }

    // The unique key of a partitioned table includes created_at, so it does not detect a contradiction made at another time.
    private async Task<ILookup<(string, LedgerPosition), StoredChange>> ReadStoredAsync(
        DbTransaction transaction, IReadOnlyList<QuotaLogEntry> entries, ConflictWindow window, CancellationToken cancellationToken)
    {
        if (entries.Count == 0) return Enumerable.Empty<StoredChange>().ToLookup(row => (row.Token, default(LedgerPosition)));

        var keys = entries.Select(entry => new { token = entry.TokenId, epoch = entry.Position.Epoch, seq = entry.Position.Seq });
        var values = new { Keys = JsonSerializer.Serialize(keys), window.From, window.Until };
        var rows = await transaction.Connection!.QueryAsync<StoredChange>(
            dialect.Command(SqlStatement.FindStoredChanges, values, transaction, cancellationToken));
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
            {
                writable.Add(entry with { CreatedAt = same.CreatedAt });
            }
            else
            {
                aside.Add(DeadLetter.Of(entry, QuotaLogBatch.Contradiction(others[0].RequestId, others[0].Action)));
            }
        }

        return (writable.ToArray(), aside);
    }

    private async Task DeadLetterAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        var values = new { letter.Payload, letter.PayloadHash, letter.ShortReason, Now = clock.GetUtcNow().UtcDateTime };
        await dialect.WriteAsync(
            (transaction, ct) => transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.InsertDeadLetter, values, transaction, ct)),
            repeatable: true,
            cancellationToken);
        LogSetAside(logger, letter.ShortReason);
    }

    private static List<string> Conditions(QuotaLogQuery query)
    {
        List<string> conditions = ["token = @TokenId"];
        if (query.From is not null) conditions.Add("created_at >= @From");
        if (query.Until is not null) conditions.Add("created_at < @Until");
        if (query.Action is not null) conditions.Add("action = @Action");
        return conditions;
    }

    /// <summary>The parameters of the SELECT of the newest positions.</summary>
    private readonly record struct LedgerKey(
        [property: JsonPropertyName("token")] string TokenId, [property: JsonPropertyName("epoch")] int Epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} outcomes of calls were left out: Redis was restarted and has lost these calls")]
    private static partial void LogLost(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "An audit record was set aside in quota_dead_letters: {Reason}")]
    private static partial void LogSetAside(ILogger logger, string reason);
}
