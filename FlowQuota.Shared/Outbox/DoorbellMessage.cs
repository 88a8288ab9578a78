using System.Globalization;
using System.Text.Json;

namespace FlowQuota.Outbox;

/// <summary>The queues' names, and the form of the message in them: <c>{"partition":0}</c>.</summary>
public static class DoorbellMessage
{
    /// <summary>Queue that wakes the sync drain.</summary>
    public const string SyncQueue = "flow-quota-sync";

    /// <summary>Queue that wakes the audit drain.</summary>
    public const string AuditQueue = "flow-quota-audit";

    /// <summary>The queue of an outbox.</summary>
    public static string QueueOf(OutboxKind kind) => kind switch
    {
        OutboxKind.Sync => SyncQueue,
        OutboxKind.Audit => AuditQueue,
    };

    /// <summary>Writes a message.</summary>
    public static string Write(int partition) => string.Create(CultureInfo.InvariantCulture, $"{{\"partition\":{partition}}}");

    /// <summary>Reads the partition out of a message.</summary>
    /// <param name="message">The message's text.</param>
    /// <param name="partitions">How many partitions there are.</param>
    /// <returns>The partition; null where the message is damaged or names one that there is not (any more).</returns>
    public static int? Read(string message, int partitions)
    {
        try
        {
            using var document = JsonDocument.Parse(message);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("partition", out var property)
                && property.ValueKind == JsonValueKind.Number
                && property.TryGetInt32(out int partition)
                && partition >= 0 && partition < partitions
                    ? partition
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
