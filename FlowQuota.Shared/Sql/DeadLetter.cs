using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>An entry or damaged item for <c>quota_dead_letters</c>.</summary>
/// <param name="Payload">The entry as JSON, or the damaged item as it was found.</param>
/// <param name="Reason">Why.</param>
internal sealed record DeadLetter(string Payload, string Reason)
{
    private const int LongestReason = 500;

    // People read it to repair a ledger by hand, so it has the names and texts of the tables.
    private static readonly JsonSerializerOptions Readable = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Hash of the payload; the same payload twice is one dead letter.</summary>
    public byte[] PayloadHash => SHA256.HashData(Encoding.UTF8.GetBytes(Payload));

    /// <summary><see cref="Reason"/>, cut to the length of its column.</summary>
    public string ShortReason => Reason.Length <= LongestReason ? Reason : Reason[..LongestReason];

    /// <summary>Makes the dead letter of an entry.</summary>
    public static DeadLetter Of(QuotaLogEntry entry, string reason) => new(JsonSerializer.Serialize(entry, Readable), reason);
}
