using FlowQuota.Errors;
using FlowQuota.Functions;
using FlowQuota.Functions.Hosting;
using FlowQuota.Functions.Http;
using FlowQuota.Hosting;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Sql;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
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
    // To the console, the only place from which the host reads entries that are logged outside an invocation.
    builder.Logging.AddConsole(console =>
        {
            console.FormatterName = OneLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Warning;
        })
        .AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
    builder.Services.TryAddSingleton(TimeProvider.System);
    // As large as the host allows. If the worker cut a body off here, the host would answer 502 instead of the pipeline's 413.
    builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = 100 * 1024 * 1024);

    builder.UseMiddleware((context, next) =>
    {
        context.GetHttpContext()?.Features.Set(new InvocationCancellation(context.CancellationToken));
        return next();
    });

    var settings = FlowQuotaSettings.Read(builder.Configuration, migrateByDefault: false, requireMySql: true);
    builder.Services.AddSingleton<IFunctionMetadataProvider>(new ScheduledFunctions(new GeneratedFunctionMetadataProvider(), settings));
    builder.Services
        .AddWorkerTelemetry(builder.Configuration)
        .AddFlowQuota(settings, new MySqlDialect(settings.MySqlConnection!),
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
        // A stop was requested during the start. The worker serves calls before our own services have started, so StopAsync must
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
