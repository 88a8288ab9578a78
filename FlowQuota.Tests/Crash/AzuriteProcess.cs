using Azure.Storage.Queues;
using FlowQuota.Tests.Servers;

namespace FlowQuota.Tests.Crash;

/// <summary>The queue service of Azurite.</summary>
public sealed class AzuriteProcess(string folder) : CrashServer(folder)
{
    // The public account of every storage emulator.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public string Connection =>
        $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={Key};QueueEndpoint=http://127.0.0.1:{Port}/devstoreaccount1;";

    protected override OwnProcess Launch() => OwnProcess.Start("node", TestServers.Program(TestServers.AzuriteQueueVariable),
        "--location", Folder, "--queueHost", "127.0.0.1", "--queuePort", $"{Port}", "--silent", "--skipApiVersionCheck", "--disableTelemetry");

    protected override async Task<bool> AnswersAsync()
    {
        var options = new QueueClientOptions();
        options.Retry.MaxRetries = 0;
        await new QueueServiceClient(Connection, options).GetPropertiesAsync();
        return true;
    }
}
