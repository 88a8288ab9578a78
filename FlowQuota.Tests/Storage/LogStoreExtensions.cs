using FlowQuota.Ledger;

namespace FlowQuota.Tests.Storage;

/// <summary>Shortens what most tests of the log store do.</summary>
internal static class LogStoreExtensions
{
    /// <summary>Writes entries as a drain does that has just begun.</summary>
    public static Task<int> WriteAsync(this IQuotaLogStore store, IReadOnlyList<QuotaLogEntry> entries, CancellationToken cancellationToken) =>
        store.WriteAsync(entries, new NewestPositions(), cancellationToken);
}
