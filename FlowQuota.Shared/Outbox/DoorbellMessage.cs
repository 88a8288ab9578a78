using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace FlowQuota.Outbox;

/// <summary>
/// The queues' names, and the form of the message in them: <c>{"partition":0}</c>, and where the call that rang is traced
/// <c>"traceparent"</c> besides (W3C trace context).
/// </summary>
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
    /// <param name="partition">The partition to drain.</param>
    /// <param name="traceParent">W3C <c>traceparent</c> of the call that rang; null = it is not traced.</param>
    public static string Write(int partition, string? traceParent = null) => traceParent is null
        ? string.Create(CultureInfo.InvariantCulture, $"{{\"partition\":{partition}}}")
        : string.Create(CultureInfo.InvariantCulture, $"{{\"partition\":{partition},\"traceparent\":\"{traceParent}\"}}");

    /// <summary>Reads the partition out of a message.</summary>
    /// <param name="message">The message's text.</param>
    /// <param name="partitions">How many partitions there are.</param>
    /// <returns>The partition; null where the message is damaged or names one that there is not (any more).</returns>
    public static int? Read(string message, int partitions) => Read<int?>(message, "partition", property =>
        property.ValueKind == JsonValueKind.Number && property.TryGetInt32(out int partition) && partition >= 0 && partition < partitions
            ? partition
            : null);

    /// <summary>Reads which call rang.</summary>
    /// <returns>Null where the message does not say, or not in a way that can be read: a doorbell rings all the same.</returns>
    public static ActivityContext? ReadCause(string message) => Read<ActivityContext?>(message, "traceparent", property =>
        property.ValueKind == JsonValueKind.String && ActivityContext.TryParse(property.GetString(), traceState: null, isRemote: true, out var cause)
            ? cause
            : null);

    private static T? Read<T>(string message, string name, Func<JsonElement, T?> read)
    {
        try
        {
            using var document = JsonDocument.Parse(message);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var property)
                ? read(property)
                : default;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or text in it that is no text (half a surrogate pair).
            return default;
        }
    }
}
