using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FlowQuota.Redis;

namespace FlowQuota.Outbox;

/// <summary>
/// The names of the queues and the format of their messages: <c>{"partition":0}</c>, and if the call that rang is traced
/// also <c>"traceparent"</c> (W3C trace context).
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
    /// <returns>The partition; null if the message is damaged or the partition does not exist (any more).</returns>
    public static int? Read(string message, int partitions) => Read<int?>(message, "partition", property =>
        property.ValueKind == JsonValueKind.Number && property.TryGetInt32(out int partition) && partition >= 0 && partition < partitions
            ? partition
            : null);

    /// <summary>Reads which call rang.</summary>
    /// <returns>Null if the message has none or it cannot be read; the doorbell counts all the same.</returns>
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
            // Not JSON, or a string that is not valid Unicode (half a surrogate pair).
            return default;
        }
    }
}
