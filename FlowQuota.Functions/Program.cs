using FlowQuota;
using FlowQuota.Functions;
using FlowQuota.Functions.Hosting;
using FlowQuota.Functions.Http;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage.Sql;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

try
{
    var builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    builder.Logging.AddFlowQuotaFilters();
    // By the console, the only way on which the host takes what is logged outside an invocation.
    builder.Logging.AddConsole(console =>
        {
            console.FormatterName = OneLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Warning;
        })
        .AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
    builder.Services.TryAddSingleton(TimeProvider.System);
    // As much as the host lets pass: were it cut off here, the host would answer 502 where the pipeline says 413.
    builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = 100 * 1024 * 1024);

    builder.UseMiddleware((context, next) =>
    {
        context.GetHttpContext()?.Features.Set(new InvocationCancellation(context.CancellationToken));
        return next();
    });

    var settings = FlowQuotaSettings.Read(builder.Configuration, migrateByDefault: false, requireMySql: true);
    builder.Services
        .AddWorkerTelemetry(builder.Configuration)
        .AddFlowQuota(settings, SqlDialect.ForMySql(settings.MySqlConnection!),
            new StorageQueueDoorbell(QueueStorage.Connect(builder.Configuration)))
        .AddFlowQuotaHttp();

    var host = builder.Build();
    await using var disposal = (IAsyncDisposable)host;
    try
    {
        await host.StartAsync();
    }
    catch (OperationCanceledException) when (host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
    {
        // Asked to stop while it started. The worker serves calls before our own services have started, so the stop below must
        // run all the same: it writes the outcomes.
    }

    await host.WaitForShutdownAsync();
    return Environment.ExitCode;
}
catch (SettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
