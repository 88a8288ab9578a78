using FlowQuota.Functions.Hosting;
using FlowQuota.Functions.Http;
using FlowQuota.Outbox;
using FlowQuota.SelfHost.Embedded;
using FlowQuota.SelfHost.Telemetry;
using FlowQuota.Settings;
using FlowQuota.Storage.Redis;
using FlowQuota.Storage.Sql;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>The self-host: embedded parts for whatever is not set, and the functions on Kestrel.</summary>
internal sealed class SelfHostApp : IAsyncDisposable
{
    private const string DefaultUrl = "http://localhost:7071";
    private const int MaxHeaderBytes = 128 * 1024;
    private const int MaxRequestLineBytes = 64 * 1024;

    private readonly DataFolder _folder;
    private readonly EmbeddedRedis? _redis;
    private readonly FlowQuotaSettings _settings;
    private readonly string _embedded;
    private readonly bool _madeAdminToken;

    private SelfHostApp(WebApplication web, DataFolder folder, EmbeddedRedis? redis, FlowQuotaSettings settings, string embedded, bool madeAdminToken)
    {
        (Web, _folder, _redis, _settings, _embedded, _madeAdminToken) = (web, folder, redis, settings, embedded, madeAdminToken);
    }

    /// <summary>The application.</summary>
    public WebApplication Web { get; }

    /// <summary>Builds everything, without listening yet.</summary>
    /// <param name="args">Command line.</param>
    /// <exception cref="SettingException">A setting is missing or wrong.</exception>
    public static SelfHostApp Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var configuration = builder.Configuration;
        var folder = DataFolder.Open(configuration);
        EmbeddedRedis? redis = null;
        try
        {
            bool madeAdminToken = KeepSecret(configuration, folder, "ADMIN_TOKEN");
            KeepSecret(configuration, folder, "TOKEN_PEPPER");
            bool needsRedis = string.IsNullOrWhiteSpace(configuration["REDIS_CONNECTION"]);
            if (needsRedis)
                configuration["REDIS_CONNECTION"] = "127.0.0.1";
            var settings = FlowQuotaSettings.Read(configuration, migrateByDefault: true, requireMySql: false);
            long maxLogBytes = new SettingReader(configuration).Number("EMBEDDED_LOG_LIMIT_MB", 64, 1, 1024) * (1L << 20);

            if (needsRedis)
            {
                redis = new EmbeddedRedis(folder.RedisFolder, folder.Path, settings.RedisPartitions, maxLogBytes);
                folder.WriteNote("redis-connection", redis.Connection);
                settings = settings with { RedisConnection = redis.Connection };
                builder.Services.AddSingleton<ICommitGate>(redis);
            }

            bool hasQueues = QueueStorage.IsConfigured(configuration);
            string embedded = string.Join(", ", new[]
            {
                needsRedis ? "Garnet for Redis" : null,
                settings.MySqlConnection is null ? "SQLite for MySQL" : null,
                hasQueues ? null : "in-process queues",
            }.OfType<string>());
            AddServices(builder, settings, folder, hasQueues);
            var web = builder.Build();
            return new SelfHostApp(web, folder, redis, settings, embedded, madeAdminToken);
        }
        catch
        {
            redis?.RemoveSocketFolder();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Starts the embedded parts, then listens on the application's URLs.</summary>
    /// <exception cref="IOException">The data folder cannot be read or written, or a port is taken.</exception>
    public async Task StartAsync()
    {
        if (_redis is not null)
        {
            await _redis.StartAsync(Web.Services.GetRequiredService<ILogger<EmbeddedRedis>>());
            _redis.Recovered += (_, _) => RingAll();
        }

        // This makes the functions and with them the connection to Redis, which must not come before the embedded one listens.
        Web.MapHttpFunctions();
        if (Web.Configuration["urls"] is null)
            Web.Urls.Add(DefaultUrl);
        await Web.StartAsync();
    }

    /// <summary>Serves until SIGTERM or Ctrl-C, and finishes what is in flight.</summary>
    public async Task RunAsync()
    {
        await StartAsync();
        Welcome.Write(Web.Urls.First(), _settings, _embedded, _folder.Path, _madeAdminToken);
        await Web.WaitForShutdownAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The doorbells that were due are forgotten with the rings that stood for them.</summary>
    private void RingAll()
    {
        var doorbells = Web.Services.GetRequiredService<DoorbellRinger>();
        foreach (var kind in Enum.GetValues<OutboxKind>())
        {
            for (int partition = 0; partition < _settings.RedisPartitions; partition++)
                doorbells.Ring(kind, partition);
        }
    }

    private static void AddServices(WebApplicationBuilder builder, FlowQuotaSettings settings, DataFolder folder, bool hasQueues)
    {
        var services = builder.Services;
        var dialect = settings.MySqlConnection is { } mySql ? SqlDialect.ForMySql(mySql) : SqlDialect.ForSqlite(folder.DatabaseFile);
        if (hasQueues)
        {
            var storage = QueueStorage.Connect(builder.Configuration);
            services.AddFlowQuota(settings, dialect, new StorageQueueDoorbell(storage));
            services.AddSingleton<IQueueSource>(new StorageQueues(storage, TimeProvider.System));
        }
        else
        {
            var queues = new InProcessQueues(settings.RedisPartitions, TimeProvider.System);
            services.AddFlowQuota(settings, dialect, queues);
            services.AddSingleton<IQueueSource>(queues);
        }

        services.AddFlowQuotaHttp();
        if (OtlpExport.IsWanted(builder.Configuration))
            OtlpExport.Add(services);
        foreach (var type in FunctionCatalog.Classes)
            services.AddSingleton(type);
        services.AddHostedService<QueuePump>();
        services.AddHostedService<TimerClock>();

        builder.Logging.AddConsole(console => console.FormatterName = OneLineFormatter.FormatterName)
            .AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
        builder.Logging.AddFlowQuotaFilters();
        // Nothing of ours blocks the thread that read a request, so it may go on with it: two changes of thread less a call.
        // A buffer of 4 KB for each connection that is silent spares a call into the kernel for each request.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Larger than what the pipeline lets pass, so that it can say in its own words what is too large.
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            // No header takes less than four bytes, so their size alone decides.
            kestrel.Limits.MaxRequestHeaderCount = MaxHeaderBytes / 4;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestBodySize = settings.Execution.MaxBodyBytes * 2L;
        });
    }

    /// <summary>A secret that is not set is made once and kept. True where it was not set.</summary>
    private static bool KeepSecret(ConfigurationManager configuration, DataFolder folder, string name)
    {
        if (!string.IsNullOrWhiteSpace(configuration[name]))
            return false;
        configuration[name] = folder.KeepSecret(name);
        return true;
    }
}
