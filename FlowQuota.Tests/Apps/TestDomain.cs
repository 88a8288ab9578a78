using System.Globalization;
using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Hosting;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Settings;
using FlowQuota.Sql;
using FlowQuota.Tokens;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Tests.Apps;

/// <summary>
/// One instance of the domain without HTTP, composed as in the hosts. A test may replace a part. Doorbells have no effect, so
/// that nothing is drained unless the test does it.
/// </summary>
public sealed class TestDomain : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<IHostedService> _hosted;
    private int _changes;

    private TestDomain(ServiceProvider services, RecordingDoorbell doorbell, CapturedLog log)
    {
        (_services, Doorbell, Log) = (services, doorbell, log);
        // Not called before the test makes a call.
        _hosted = [.. services.GetServices<IHostedService>().Where(static service => service is not WarmUp)];
    }

    public RecordingDoorbell Doorbell { get; }

    public CapturedLog Log { get; }

    public QuotaLedger Ledger => Get<QuotaLedger>();

    public ReservationLedger Reservations => Get<ReservationLedger>();

    public TokenAdministration Admin => Get<TokenAdministration>();

    public ITokenStore Tokens => Get<ITokenStore>();

    public OutcomeWriter Outcomes => Get<OutcomeWriter>();

    public SyncDrain Sync => Get<SyncDrain>();

    public AuditDrain Audit => Get<AuditDrain>();

    public RedisKeyspace Keyspace => Get<RedisKeyspace>();

    public IDatabase Redis => Get<RedisServer>().Database;

    public SqlDialect Sql => Get<SqlDialect>();

    /// <summary>Starts an instance; the schema must be there.</summary>
    /// <param name="redis">A StackExchange.Redis configuration.</param>
    /// <param name="sql">The SQL server; stays the caller's to dispose.</param>
    /// <param name="replace">Replaces a part.</param>
    /// <param name="settings">Settings beside the connections.</param>
    public static async Task<TestDomain> StartAsync(
        string redis, SqlDialect sql, Action<IServiceCollection>? replace = null, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>
        {
            ["REDIS_CONNECTION"] = redis,
            ["ADMIN_TOKEN"] = TestApp.AdminToken,
            ["TOKEN_PEPPER"] = TestWorld.Pepper,
            ["DATABASE_MIGRATE"] = "false",
            ["REDIS_TIMEOUT_MS"] = TestWorld.PatientTimeout,
            // On a busy machine a worker starts slowly.
            ["EXECUTE_SLOT_WAIT_MS"] = "30000",
        };
        foreach (var (name, value) in settings)
            values[name] = value;

        var doorbell = new RecordingDoorbell();
        var log = new CapturedLog();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<IHostApplicationLifetime, ApplicationLifetime>();
        services.AddFlowQuota(
            FlowQuotaSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), migrateByDefault: false, requireMySql: false),
            sql, doorbell);
        replace?.Invoke(services);

        var domain = new TestDomain(services.BuildServiceProvider(), doorbell, log);
        foreach (var hosted in domain._hosted)
            await hosted.StartAsync(default);
        await domain.RunScriptsOnceAsync();
        return domain;
    }

    /// <summary>Starts one more instance over the stores of an app.</summary>
    public static Task<TestDomain> BesideAsync(TestApp app, Action<IServiceCollection>? replace = null) =>
        StartAsync(app.Services.GetRequiredService<FlowQuotaSettings>().Redis.Connection, app.Sql, replace);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Makes a token: with a number of calls, or of type <c>time</c> if that is null.</summary>
    public async Task<TestHolder> IssueAsync(int? quota = 10, Func<NewToken, NewToken>? with = null)
    {
        var request = new NewToken
        {
            WorkspaceId = "ws",
            Email = "a@example.com",
            Expiry = new TokenExpiry(ExpiryOperation.Unlimited),
            QuotaType = quota is null ? QuotaType.Time : QuotaType.Count,
            TotalQuota = quota,
        };
        var issued = await Admin.CreateAsync(with is null ? request : with(request), "create", default);
        return new TestHolder(issued.Token, Get<TokenCodec>().Read(issued.FullToken)!);
    }

    public Task<AdmissionResult> AdmitAsync(TestHolder holder, int cost = 1, string requestId = "call") =>
        Ledger.AdmitAsync(holder.Presented, cost, requestId);

    /// <summary>Changes a token as an admin does; the first request is named <c>change</c>, each further one differently.</summary>
    public async Task<AccessToken?> ChangeAsync(TestHolder holder, TokenChange change)
    {
        int number = Interlocked.Increment(ref _changes);
        string requestId = number == 1 ? "change" : string.Create(CultureInfo.InvariantCulture, $"change-{number}");
        return (await Admin.ChangeAsync(holder.Id, change, requestId, default)).Token;
    }

    /// <summary>Signals the services to stop, as a host does before the last calls have ended.</summary>
    public async Task StopAsync()
    {
        foreach (var hosted in Enumerable.Reverse(_hosted))
            await hosted.StopAsync(default);
    }

    /// <summary>Drains both outboxes until they are empty.</summary>
    public Task DrainAsync() => Eventually.TrueAsync(async () =>
        await Sync.DrainAsync(0, default) == DrainResult.Drained && await Audit.DrainAsync(0, default) == DrainResult.Drained
        && (Keyspace.Partitions == 1 || await SweepAsync()));

    /// <summary>
    /// Garnet compiles a script for each connection at its first run, which on a busy machine takes longer than a call's timeout.
    /// For a token that does not exist these change nothing.
    /// </summary>
    private async Task RunScriptsOnceAsync()
    {
        const string nobody = "flow_nobody";
        int partition = Keyspace.PartitionOf(nobody);
        var scripts = Get<ScriptRunner>();
        await scripts.EvaluateAsync(RedisScript.Admit, partition, Keyspace.ForAdmission(partition, [nobody]), [1, 1, 1, long.MaxValue / 2048, 1, nobody, "", 1, 1, "-", 1, ""]);
        await scripts.EvaluateAsync(RedisScript.Refund, partition, Keyspace.ForChangeOnce(nobody, "never"), [nobody, 1, "", 1, 1]);
        await scripts.EvaluateAsync(RedisScript.Peek, partition, Keyspace.ForLoad(nobody), [nobody]);
        await scripts.EvaluateAsync(RedisScript.LoadEnd, partition, Keyspace.ForHolds(nobody), [nobody, "never begun"]);
        await scripts.EvaluateAsync(RedisScript.Hold, partition, Keyspace.ForHold(nobody, "res_nobody"), [nobody, "", 1, "", "res_nobody", "look", 0, "", 1, "", "", ""]);
    }

    private async Task<bool> SweepAsync()
    {
        await Sync.SweepAsync(default);
        await Audit.SweepAsync(default);
        return await Get<OutboxBacklog>().ReadAsync() is { SyncLength: 0, AuditLength: 0 };
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var closing in Enumerable.Reverse(_hosted).OfType<FlushOnStopService>())
            await closing.StoppedAsync(default);
        await _services.DisposeAsync();
    }
}
