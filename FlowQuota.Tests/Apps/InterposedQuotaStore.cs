using FlowQuota.Quotas;
using FlowQuota.Storage.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>A quota store before whose write something else can happen, or which fails as SQL does when it is away.</summary>
public sealed class InterposedQuotaStore(IQuotaStore store, Func<Task> interpose) : IQuotaStore
{
    private int _armed;
    private int _writes;

    public int Writes => _writes;

    /// <summary>Has it happen before the next write, once.</summary>
    public void OnNextWrite() => _armed = 1;

    public async Task<IReadOnlyList<RefusedSnapshot>> WriteAsync(IReadOnlyList<QuotaSnapshot> snapshots, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writes);
        if (Interlocked.Exchange(ref _armed, 0) == 1)
            await interpose();
        return await store.WriteAsync(snapshots, cancellationToken);
    }

    /// <summary>Puts one in the place of an instance's quota store.</summary>
    public static void Replace(IServiceCollection services, Func<Task> interpose) =>
        services.Replace(ServiceDescriptor.Singleton<IQuotaStore>(
            provider => new InterposedQuotaStore(ActivatorUtilities.CreateInstance<SqlQuotaStore>(provider), interpose)));
}
