using FlowQuota.Auditing;
using FlowQuota.Storage.Sql;
using FlowQuota.Tests.Quotas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>Stores of an instance that stops for good in the middle of an admin's change, as a process that is killed.</summary>
public static class DyingStores
{
    /// <summary>Has an instance die at one point.</summary>
    public static void Replace(IServiceCollection services, DeathAt death)
    {
        services.Replace(ServiceDescriptor.Singleton<IQuotaLogStore>(provider => new InterposedLogStore(ActivatorUtilities.CreateInstance<SqlQuotaLogStore>(provider))
        {
            BeforeNextWrite = death == DeathAt.AfterRedis ? DieAsync : null,
            AfterNextWrite = death == DeathAt.AfterTheRow ? DieAsync : null,
        }));
        if (death == DeathAt.AfterSqlHasTheTerms)
            InterposedTokenStore.Replace(services, afterBegin: DieAsync);
    }

    private static Task DieAsync() => throw new DeathException();

    /// <summary>The process is no more.</summary>
    public sealed class DeathException() : Exception("The process died.");
}
