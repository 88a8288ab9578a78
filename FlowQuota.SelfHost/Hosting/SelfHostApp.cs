using FlowQuota.Errors;
using FlowQuota.Functions.Hosting;
using FlowQuota.Functions.Http;
using FlowQuota.Hosting;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.SelfHost.Embedded;
using FlowQuota.SelfHost.Telemetry;
using FlowQuota.Settings;
using FlowQuota.Sql;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>The self-host: embedded parts for settings that are missing, and the functions on Kestrel.</summary>
internal sealed class SelfHostApp : IAsyncDisposable
{
    private const string DefaultUrl = "http://localhost:7071";
    private const int MaxHeaderBytes = 128 * 1024;
    private const int MaxRequestLineBytes = 64 * 1024;
    private const int MaxConnections = 10_000;
    private static readonly TimeSpan BodyGrace = TimeSpan.FromSeconds(5);

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
        // Some proxies read a line that ends without CR as one line, others as two.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
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
                redis = new EmbeddedRedis(folder.RedisFolder, folder.Path, settings.Redis.Partitions, maxLogBytes);
                folder.WriteNote("redis-connection", redis.Connection);
                settings = settings with { Redis = settings.Redis with { Connection = redis.Connection } };
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

        // This constructs the functions and with them the connection to Redis, so the embedded one must listen first.
        Web.MapHttpFunctions();
        if (Web.Configuration["urls"] is null)
            Web.Urls.Add(DefaultUrl);
        await Web.StartAsync();
    }

    /// <summary>Serves until SIGTERM or Ctrl-C, and finishes what is in flight.</summary>
    public async Task RunAsync()
    {
        try
        {
            await StartAsync();
        }
        catch (OperationCanceledException) when (Web.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A stop was requested during the start, for example during a migration of the schema.
            await Web.StopAsync();
            return;
        }

        StartupBanner.Write(Web.Urls.First(), _settings, _embedded, _folder.Path, _madeAdminToken);
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

    /// <summary>Rings every doorbell, because the restart of the embedded Redis lost the rings of those that were due.</summary>
    private void RingAll()
    {
        var doorbells = Web.Services.GetRequiredService<DoorbellSender>();
        foreach (var kind in Enum.GetValues<OutboxKind>())
        {
            for (int partition = 0; partition < _settings.Redis.Partitions; partition++)
                doorbells.Ring(kind, partition);
        }
    }

    private static void AddServices(WebApplicationBuilder builder, FlowQuotaSettings settings, DataFolder folder, bool hasQueues)
    {
        var services = builder.Services;
        SqlDialect dialect = settings.MySqlConnection is { } mySql ? new MySqlDialect(mySql) : new SqliteDialect(folder.DatabaseFile);
        if (hasQueues)
        {
            var storage = QueueStorage.Connect(builder.Configuration);
            services.AddFlowQuota(settings, dialect, new StorageQueueDoorbell(storage));
            services.AddSingleton<IQueueSource>(new StorageQueues(storage, TimeProvider.System));
        }
        else
        {
            var queues = new InProcessQueues(settings.Redis.Partitions, TimeProvider.System);
            services.AddFlowQuota(settings, dialect, queues);
            services.AddSingleton<IQueueSource>(queues);
        }

        services.AddFlowQuotaHttp();
        if (OtlpExport.IsWanted(builder.Configuration))
            OtlpExport.Add(services);
        foreach (var type in FunctionCatalog.Classes)
            services.AddSingleton(type);
        services.AddHostedService<QueuePump>();
        services.AddHostedService<TimerScheduler>();

        builder.Logging.AddConsole(console => console.FormatterName = OneLineFormatter.FormatterName)
            .AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
        builder.Logging.AddFlowQuotaFilters();
        // No handler blocks, so run inline on the I/O thread; saves two thread switches per call.
        // A buffer of 4 KB for each idle connection saves a system call per request.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Larger than the pipeline's limit, so that the pipeline's own message says what is too large.
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            // No header takes less than four bytes, so their size alone decides.
            kestrel.Limits.MaxRequestHeaderCount = MaxHeaderBytes / 4;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestBodySize = settings.Execution.MaxBodyBytes * 2L;
            // The largest body has two minutes, a small one the grace period.
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(Math.Max(1024, settings.Execution.MaxBodyBytes / 120.0), BodyGrace);
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        });
    }

    /// <summary>Creates and keeps a secret that is not set. True if it was not set.</summary>
    private static bool KeepSecret(ConfigurationManager configuration, DataFolder folder, string name)
    {
        if (!string.IsNullOrWhiteSpace(configuration[name]))
            return false;
        configuration[name] = folder.KeepSecret(name);
        return true;
    }
}
