using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>Something that is set aside in <c>quota_dead_letters</c>.</summary>
/// <param name="Payload">The entry as JSON, or the damaged item as it was found.</param>
/// <param name="Reason">Why.</param>
internal sealed record DeadLetter(string Payload, string Reason)
{
    private const int LongestReason = 500;

    // For people who repair a ledger by hand: names and text as they are in the tables.
    private static readonly JsonSerializerOptions Readable = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The same payload twice is one dead letter.</summary>
    public byte[] PayloadHash => SHA256.HashData(Encoding.UTF8.GetBytes(Payload));

    /// <summary><see cref="Reason"/> as long as its column.</summary>
    public string ShortReason => Reason.Length <= LongestReason ? Reason : Reason[..LongestReason];

    /// <summary>Sets an entry aside.</summary>
    public static DeadLetter Of(QuotaLogEntry entry, string reason) => new(JsonSerializer.Serialize(entry, Readable), reason);
}
