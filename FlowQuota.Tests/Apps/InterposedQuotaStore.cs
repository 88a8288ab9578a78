using FlowQuota.Ledger;
using FlowQuota.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>A quota store that runs other code around one of its writes: another change, an outage, the end of the drain.</summary>
public sealed class InterposedQuotaStore(IQuotaStore store) : IQuotaStore
{
    private int _writes;

    public int Writes => _writes;

    /// <summary>Runs before the next write, once; the write throws its exception.</summary>
    public Func<Task>? BeforeNextWrite { get; set; }

    /// <summary>Runs after the next write was committed, once; the write throws its exception.</summary>
    public Func<Task>? AfterNextWrite { get; set; }

    public async Task<IReadOnlyList<RefusedSnapshot>> WriteAsync(IReadOnlyList<QuotaSnapshot> snapshots, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writes);
        var (before, after) = (BeforeNextWrite, AfterNextWrite);
        (BeforeNextWrite, AfterNextWrite) = (null, null);
        if (before is not null)
            await before();
        var refused = await store.WriteAsync(snapshots, cancellationToken);
        if (after is not null)
            await after();
        return refused;
    }

    /// <summary>Replaces an instance's quota store.</summary>
    public static void Replace(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<IQuotaStore>(
            provider => new InterposedQuotaStore(ActivatorUtilities.CreateInstance<SqlQuotaStore>(provider))));
}
