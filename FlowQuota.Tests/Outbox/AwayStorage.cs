namespace FlowQuota.Tests.Outbox;

/// <summary>A storage account without a server.</summary>
internal static class AwayStorage
{
    /// <summary>Port 1 is never listened to; the key is the storage emulators' public one.</summary>
    public const string Connection =
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;QueueEndpoint=http://127.0.0.1:1/devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;";
}
