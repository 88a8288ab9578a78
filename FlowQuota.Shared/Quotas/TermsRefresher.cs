using FlowQuota.Storage;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Quotas;

/// <summary>
/// Reads the terms of tokens in use from SQL again, about once a minute each and one reader over all instances: for what
/// was changed in SQL by hand, or by an admin's call whose write to Redis failed. Off the way of a call.
/// </summary>
public sealed partial class TermsRefresher(ITokenStore tokens, QuotaLedger ledger, ILogger<TermsRefresher> logger) : BackgroundService
{
    /// <summary>Terms older than this are read again; they serve meanwhile.</summary>
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
                // The terms known go on serving; the next caller in a minute is asked again.
                if (_notRefreshed.Count() is > 0 and var count)
                    LogNotRefreshed(logger, count, e.Store, tokenId);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One token's trouble must not end the refreshing of all others.
                LogFailed(logger, tokenId, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terms of {Count} tokens could not be refreshed since the last such line: {Store} is unavailable; the last was {TokenId}")]
    private static partial void LogNotRefreshed(ILogger logger, int count, string store, string tokenId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Refreshing the terms of {TokenId} failed")]
    private static partial void LogFailed(ILogger logger, string tokenId, Exception exception);
}
