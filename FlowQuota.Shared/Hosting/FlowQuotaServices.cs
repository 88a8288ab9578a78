using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Execution;
using FlowQuota.Health;
using FlowQuota.Ledger;
using FlowQuota.Metering;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Reservations;
using FlowQuota.Retention;
using FlowQuota.Settings;
using FlowQuota.Sql;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using FlowQuota.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace FlowQuota.Hosting;

/// <summary>Registers the domain's services in either host.</summary>
public static class FlowQuotaServices
{
    /// <summary>Adds the domain over its real stores.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="settings">The validated settings.</param>
    /// <param name="dialect">The SQL server.</param>
    /// <param name="doorbell">Wakes the drains.</param>
    public static IServiceCollection AddFlowQuota(
        this IServiceCollection services, FlowQuotaSettings settings, SqlDialect dialect, IDoorbell doorbell)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Redis);
        services.AddSingleton(settings.Outbox);
        services.AddSingleton(settings.Retention);
        services.AddSingleton(settings.Usage);
        services.AddSingleton(settings.Execution);
        services.AddSingleton(settings.Idempotency);
        services.AddSingleton(dialect);
        services.AddSingleton(doorbell);
        services.AddSingleton<FlowQuotaMetrics>();
        services.AddSingleton(new TokenCodec(settings.TokenPepper, settings.AcceptLegacyTokens));
        AddStores(services, settings);
        AddBackground(services);

        services.AddSingleton<TokenAdministration>();
        services.AddSingleton<TokenRotation>();
        services.AddSingleton<OutboxBacklog>();
        services.AddSingleton<AuditOutboxReader>();
        services.AddSingleton<RequestLookup>();
        services.AddSingleton<LedgerVerification>();
        services.AddSingleton<LedgerCorrection>();
        services.AddSingleton<QuotaLogCleanup>();
        services.AddSingleton<LedgerProgress>();
        services.AddSingleton<UsageRollup>();
        services.AddSingleton<ExecutionSlots>();
        services.AddSingleton<SandboxPool>();
        services.AddSingleton<MeteredExecution>();
        services.AddSingleton<ReadinessCheck>();
        return services;
    }

    private static void AddStores(IServiceCollection services, FlowQuotaSettings settings)
    {
        services.AddSingleton<ITokenStore, SqlTokenStore>();
        services.AddSingleton<IQuotaStore, SqlQuotaStore>();
        services.AddSingleton<IQuotaLogStore, SqlQuotaLogStore>();
        services.AddSingleton<ILedgerCheckStore, SqlLedgerCheckStore>();
        services.AddSingleton<IRetentionStore, SqlRetentionStore>();
        services.AddSingleton<IReservationStore, SqlReservationStore>();
        services.AddSingleton<IUsageRollupStore, SqlUsageRollupStore>();
        services.AddSingleton<IUsageStore, SqlUsageStore>();
        services.AddSingleton<ILedgerExportStore, SqlLedgerExportStore>();
        services.AddSingleton<IStatementStore, SqlStatementStore>();
        services.AddSingleton<IRefusalStore, SqlRefusalStore>();
        services.AddSingleton<SchemaMigrator>();
        services.AddSingleton<SqlSharedSettingStore>();
        services.AddSingleton<SharedSettings>();
        services.AddSingleton<IStoreGuard>(provider => provider.GetRequiredService<SharedSettings>());

        services.AddSingleton(new RedisKeyspace(settings.Redis.Partitions));
        services.AddSingleton<RedisServer>();
        services.AddSingleton<ScriptRunner>();
        services.AddSingleton<ColdLoader>();
        services.AddSingleton<HoldScript>();
        services.AddSingleton<DueChanges>();
        services.AddSingleton<QuotaLedger>();
        services.AddSingleton<ReservationLedger>();
        services.AddSingleton<StaleStateEviction>();
        services.AddSingleton<SyncDrain>();
        services.AddSingleton<AuditDrain>();
        services.AddSingleton<RefusalDrain>();
    }

    /// <summary>
    /// The background services. They stop in reverse order: the doorbells last, because the others may still ring.
    /// </summary>
    private static void AddBackground(IServiceCollection services)
    {
        services.AddHostedSingleton<SchemaUpgrade>();
        services.AddHostedSingleton<SharedSettingsCheck>();
        services.AddHostedSingleton<RedisPersistenceCheck>();
        services.AddHostedSingleton<DoorbellSender>();
        services.AddHostedSingleton<OutcomeWriter>();
        services.AddHostedSingleton<TermsRefresher>();
        services.AddHostedSingleton<LateAdmissionRefunder>();
        services.AddHostedService<WarmUp>();
    }

    private static void AddHostedSingleton<T>(this IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
