using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Quotas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>The stores of an instance that dies in the middle of an admin's change, like a killed process.</summary>
public static class DyingStores
{
    /// <summary>Makes an instance die at one point.</summary>
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

    /// <summary>Thrown because the process is dead.</summary>
    public sealed class DeathException() : Exception("The process died.");
}
