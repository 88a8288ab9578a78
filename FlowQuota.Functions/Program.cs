using FlowQuota;
using FlowQuota.Functions;
using FlowQuota.Functions.Http;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage.Sql;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

try
{
    var builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();

    var settings = FlowQuotaSettings.Read(builder.Configuration, migrateByDefault: false, requireMySql: true);
    builder.Services
        .AddWorkerTelemetry(builder.Configuration)
        .AddFlowQuota(settings, SqlDialect.ForMySql(settings.MySqlConnection!),
            new StorageQueueDoorbell(QueueStorage.Connect(builder.Configuration)))
        .AddFlowQuotaHttp();

    await builder.Build().RunAsync();
    return 0;
}
catch (SettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
