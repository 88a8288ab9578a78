using FlowQuota.Errors;
using FlowQuota.Sql;
using FlowQuota.Tokens;
using MySqlConnector;

namespace FlowQuota.Import;

/// <summary>
/// Imports the tokens of the Go system and their log rows. Tokens that are here already are left alone, so the import may be
/// run again, also after it was interrupted; docs/decisions/0010 and 0011.
/// </summary>
/// <param name="settings">The source and the pepper.</param>
/// <param name="dialect">Our database.</param>
/// <param name="migrator">Creates our schema if it is missing.</param>
/// <param name="clock">The time of the import.</param>
public sealed class LegacyImport(LegacyImportSettings settings, SqlDialect dialect, SchemaMigrator migrator, TimeProvider clock)
{
    /// <summary>The prefix of the request ids of rows that an import writes; the rest is the run's.</summary>
    public const string RequestIdPrefix = "legacy-import-";

    private const int TokensAtOnce = 500;
    private const int LogRowsAtOnce = 500;

    private readonly TokenCodec _codec = new(settings.TokenPepper);
    private readonly SqlImportStore _store = new(dialect);

    /// <summary>Runs the import.</summary>
    /// <param name="apply">False for a dry run, which reads all and writes nothing.</param>
    /// <param name="progress">Notified of each page of tokens and each batch of log rows, as it is done; null = nobody is.</param>
    /// <param name="cancellationToken">Cancels it. Imported tokens stay, and a further run continues.</param>
    /// <exception cref="ImportRefusedException">The import cannot run at all.</exception>
    /// <exception cref="StoreUnavailableException">Our database cannot be reached.</exception>
    public async Task<LegacyImportReport> RunAsync(bool apply, IProgress<LegacyImportReport>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAndImportAsync(apply, progress, cancellationToken);
        }
        catch (MySqlException e)
        {
            // Errors of our own database are StoreUnavailableException.
            throw new ImportRefusedException($"The Go system's database cannot be read: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task<LegacyImportReport> ReadAndImportAsync(bool apply, IProgress<LegacyImportReport>? progress, CancellationToken cancellationToken)
    {
        await using var source = new LegacyDatabase(settings.LegacyConnection, settings.TimeZone);
        await source.OpenAsync(cancellationToken);
        var report = new LegacyImportReport(apply);
        (report.Tokens, report.LogRows) = await source.CountAsync(cancellationToken);
        report.LogIsIndexed = await source.HasLogIndexAsync(cancellationToken);

        bool isReady = await PrepareAsync(apply, cancellationToken);
        await using var session = apply
            ? await _store.TryBeginAsync(cancellationToken) ?? throw new ImportRefusedException("Another import is writing to this database.")
            : null;
        progress?.Report(report);
        await ImportAsync(source, isReady, session, report, progress, cancellationToken);
        return report;
    }

    /// <summary>Checks that the database is ours and has this pepper. False if it has no tables yet.</summary>
    private async Task<bool> PrepareAsync(bool apply, CancellationToken cancellationToken)
    {
        var schema = await _store.ReadSchemaAsync(cancellationToken);
        if (schema == TargetSchema.Foreign)
            throw new ImportRefusedException("MYSQL_CONNECTION names a database with an access_tokens that is not ours; FlowQuota needs one of its own.");
        if (apply && settings.MigrateDatabase)
        {
            await migrator.MigrateAsync(cancellationToken);
            schema = await _store.ReadSchemaAsync(cancellationToken);
        }

        if (schema == TargetSchema.Missing)
            return apply ? throw new ImportRefusedException("Our tables are missing: run infra/sql/init.sql, or set DATABASE_MIGRATE=true.") : false;
        return await _store.FindNewestTokenAsync(cancellationToken) is { } tokenId && _codec.ReadId(tokenId) is null
            ? throw new ImportRefusedException("TOKEN_PEPPER is not that of the tokens in our database: what is imported under it would be refused there.")
            : true;
    }

    private async Task ImportAsync(
        LegacyDatabase source, bool isReady, SqlImportSession? session, LegacyImportReport report, IProgress<LegacyImportReport>? progress,
        CancellationToken cancellationToken)
    {
        var now = UtcDateTimeHandler.ToMilliseconds(clock.GetUtcNow().UtcDateTime);
        string requestId = $"{RequestIdPrefix}{Guid.CreateVersion7(clock.GetUtcNow()):N}";
        var reading = new LegacyTokenReading(_codec, now);
        var history = new LegacyHistory(
            source, new LegacyLogReading(_codec, now), now - TimeSpan.FromDays(settings.RetentionDays), LogRowsAtOnce, progress);

        long last = 0;
        while (await source.ReadTokensAsync(last, TokensAtOnce, cancellationToken) is { Count: > 0 } page)
        {
            last = page[^1].Id;
            var tokens = await ChooseAsync(page, reading, isReady, report, cancellationToken);
            if (tokens.Count > 0)
            {
                if (session is not null)
                    await session.RemoveHistoryAsync([.. tokens.Values.Select(token => token.TokenId)], cancellationToken);
                await history.ImportAsync(tokens, session, report, cancellationToken);
                if (session is not null)
                    await session.WriteTokensAsync([.. tokens.Values], requestId, now, cancellationToken);
                report.ImportedTokens += tokens.Count;
                report.DisabledTokens += tokens.Values.Count(token => !token.IsActive);
                report.ExpiredTokens += tokens.Values.Count(token => token.ExpiresAt <= now);
            }

            report.ReadTokens += page.Count;
            progress?.Report(report);
        }
    }

    /// <summary>The tokens of a page that are to be imported, by the Go system's names.</summary>
    private async Task<IReadOnlyDictionary<string, AccessToken>> ChooseAsync(
        IReadOnlyList<LegacyToken> page, LegacyTokenReading reading, bool isReady, LegacyImportReport report, CancellationToken cancellationToken)
    {
        List<(LegacyToken Row, AccessToken Token, List<string> Adjustments)> readable = new(page.Count);
        foreach (var row in page)
        {
            List<string> adjustments = [];
            var (token, refusal) = reading.Read(row, adjustments.Add);
            if (token is not null)
                readable.Add((row, token, adjustments));
            else
                report.Add(ImportFindingKind.Refused, LegacyDatabase.TokenTable, row.Id, refusal!);
        }

        var here = isReady
            ? await _store.FindAsync([.. readable.Select(item => item.Token.TokenId)], cancellationToken)
            : new Dictionary<string, StoredToken>();
        Dictionary<string, AccessToken> tokens = new(readable.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (row, token, adjustments) in readable)
        {
            if (here.TryGetValue(token.TokenId, out var stored))
            {
                CountHere(row, token, stored, report);
            }
            else if (!tokens.TryAdd(row.Token!, token))
            {
                report.Add(ImportFindingKind.Refused, LegacyDatabase.TokenTable, row.Id, "an earlier row has the same token");
            }
            else
            {
                foreach (string adjustment in adjustments)
                    report.Add(ImportFindingKind.Adjusted, LegacyDatabase.TokenTable, row.Id, adjustment);
            }
        }

        return tokens;
    }

    private static void CountHere(LegacyToken row, AccessToken token, StoredToken stored, LegacyImportReport report)
    {
        if (stored.SecretHash is null)
        {
            report.TokensDeletedHere++;
        }
        else if (!stored.IsRotated && !stored.SecretHash.AsSpan().SequenceEqual(token.SecretHash))
        {
            // The chance is one in 2^80. The id may be reported, because whoever has the token could do nothing with it here.
            report.Add(ImportFindingKind.Refused, LegacyDatabase.TokenTable, row.Id, "its public id is that of another token here");
        }
        else
        {
            report.TokensHere++;
            if (stored.ImportedRemaining is { } imported && token.RemainingQuota is { } remaining && remaining != imported)
            {
                report.Add(ImportFindingKind.Moved, LegacyDatabase.TokenTable, row.Id,
                    $"remaining_quota was {imported} at its import and is {remaining} in the Go system now");
            }
        }
    }
}
