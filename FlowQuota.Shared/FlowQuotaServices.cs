using FlowQuota.Auditing;
using FlowQuota.Execution;
using FlowQuota.Health;
using FlowQuota.Outbox;
using FlowQuota.Quotas;
using FlowQuota.Retention;
using FlowQuota.Settings;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Storage.Sql;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota;

/// <summary>Registers the whole domain, for either host.</summary>
public static class FlowQuotaServices
{
    /// <summary>Adds the domain over its real stores.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="settings">The settings, checked.</param>
    /// <param name="dialect">The SQL server.</param>
    /// <param name="doorbell">What wakes the drains.</param>
    public static IServiceCollection AddFlowQuota(
        this IServiceCollection services, FlowQuotaSettings settings, SqlDialect dialect, IDoorbell doorbell)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Retention);
        services.AddSingleton(settings.Execution);
        services.AddSingleton(dialect);
        services.AddSingleton(doorbell);
        services.AddSingleton<FlowQuotaMetrics>();
        services.AddSingleton(new TokenCodec(settings.TokenPepper, settings.AcceptLegacyTokens));
        AddStores(services, settings);
        AddBackground(services);

        services.AddSingleton<TokenAdministration>();
        services.AddSingleton<OutboxBacklog>();
        services.AddSingleton<PendingAudit>();
        services.AddSingleton<LedgerVerification>();
        services.AddSingleton<LedgerMending>();
        services.AddSingleton<QuotaLogCleanup>(provider => new QuotaLogCleanup(
            provider.GetRequiredService<IRetentionStore>(), settings.Retention, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<QuotaLogCleanup>>()));
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
        services.AddSingleton<ISchemaMigrator, SchemaMigrator>();
        services.AddSingleton<ISharedSettingStore, SqlSharedSettingStore>();
        services.AddSingleton<SharedSettings>();

        services.AddSingleton(new RedisKeyspace(settings.RedisPartitions));
        services.AddSingleton(provider => RedisServer.Connect(
            settings.RedisConnection, settings.RedisTimeout, provider.GetRequiredService<ILogger<RedisServer>>(), provider.GetService<ICommitGate>()));
        services.AddSingleton<ScriptRunner>();
        services.AddSingleton<ColdLoader>();
        services.AddSingleton(provider => new QuotaLedger(
            provider.GetRequiredService<ScriptRunner>(), provider.GetRequiredService<RedisKeyspace>(), provider.GetRequiredService<ColdLoader>(),
            provider.GetRequiredService<LateAdmissions>(), provider.GetRequiredService<DoorbellRinger>(), settings,
            provider.GetRequiredService<FlowQuotaMetrics>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new GhostEviction(
            provider.GetRequiredService<ScriptRunner>(), provider.GetRequiredService<RedisKeyspace>(),
            provider.GetRequiredService<FlowQuotaMetrics>(), provider.GetRequiredService<ILogger<GhostEviction>>()));
        services.AddSingleton(provider => new SyncDrain(
            provider.GetRequiredService<RedisServer>(), provider.GetRequiredService<ScriptRunner>(), provider.GetRequiredService<RedisKeyspace>(),
            provider.GetRequiredService<IQuotaStore>(), provider.GetRequiredService<GhostEviction>(), provider.GetRequiredService<DoorbellRinger>(), settings,
            provider.GetRequiredService<FlowQuotaMetrics>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SyncDrain>>()));
        services.AddSingleton(provider => new AuditDrain(
            provider.GetRequiredService<RedisServer>(), provider.GetRequiredService<ScriptRunner>(), provider.GetRequiredService<RedisKeyspace>(),
            provider.GetRequiredService<IQuotaLogStore>(), provider.GetRequiredService<DoorbellRinger>(), settings,
            provider.GetRequiredService<FlowQuotaMetrics>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditDrain>>()));
    }

    /// <summary>What runs beside the calls. It ends in reverse order: the doorbells last, for the others may still ring.</summary>
    private static void AddBackground(IServiceCollection services)
    {
        services.AddHostedSingleton<SchemaUpgrade>();
        services.AddHostedSingleton<SharedSettingsCheck>();
        services.AddHostedSingleton<RedisPersistenceCheck>();
        services.AddHostedSingleton<DoorbellRinger>();
        services.AddSingleton(provider => new OutcomeWriter(
            provider.GetRequiredService<ScriptRunner>(), provider.GetRequiredService<RedisKeyspace>(), provider.GetRequiredService<DoorbellRinger>(),
            provider.GetRequiredService<FlowQuotaSettings>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OutcomeWriter>>()));
        services.AddHostedService(provider => provider.GetRequiredService<OutcomeWriter>());
        services.AddHostedSingleton<TermsRefresher>();
        services.AddHostedSingleton<LateAdmissions>();
        services.AddHostedService<WarmUp>();
    }

    private static void AddHostedSingleton<T>(this IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
