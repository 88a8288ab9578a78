using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Admission;

/// <summary>
/// Reloads the terms of tokens in use from SQL about once a minute (one instance at a time), to pick up manual SQL edits and
/// changes whose write to Redis failed. Calls do not wait for it.
/// </summary>
public sealed partial class TermsRefresher(ITokenStore tokens, QuotaLedger ledger, ILogger<TermsRefresher> logger) : BackgroundService
{
    /// <summary>Terms older than this are read again; they stay in force until then.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    private readonly OutageLog _notRefreshed = new(TimeProvider.System);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (string tokenId in ledger.StaleTerms.ReadAllAsync(stoppingToken))
        {
            try
            {
                if (await tokens.FindAsync(tokenId, stoppingToken) is { } token)
                    await ledger.ChangeAsync(token, QuotaOperation.None, amount: null, Guid.CreateVersion7().ToString());
                else
                    await ledger.DeleteAsync(tokenId);
            }
            catch (StoreUnavailableException e)
            {
                // The known terms stay in force; a caller a minute later triggers the next attempt.
                if (_notRefreshed.Count() is > 0 and var count)
                    LogNotRefreshed(logger, count, e.Store, tokenId);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A failure for one token must not end the refreshing of all others.
                LogFailed(logger, tokenId, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terms of {Count} tokens could not be refreshed since the last such line: {Store} is unavailable; the last was {TokenId}")]
    private static partial void LogNotRefreshed(ILogger logger, int count, string store, string tokenId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Refreshing the terms of {TokenId} failed")]
    private static partial void LogFailed(ILogger logger, string tokenId, Exception exception);
}
