using System.Globalization;
using System.Text.Json;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Reads the times of answers, which are in the zone of the shared app.</summary>
internal static class Times
{
    private const string Format = "yyyy-MM-dd HH:mm:ss";

    /// <summary>The instant of a response's text, UTC.</summary>
    public static DateTime Utc(JsonElement value) =>
        DateTime.ParseExact(value.GetString()!, Format, CultureInfo.InvariantCulture, DateTimeStyles.None) - ContractApp.UtcOffset;

    /// <summary>An instant in the format and zone of the shared app.</summary>
    public static string Tell(DateTime utc) => (utc + ContractApp.UtcOffset).ToString(Format, CultureInfo.InvariantCulture);

    public static void AssertNow(JsonElement value) => AssertAt(DateTime.UtcNow, value);

    /// <summary>Tolerates a slow machine, not a wrong zone.</summary>
    public static void AssertAt(DateTime utc, JsonElement value) =>
        Assert.InRange(Utc(value), utc.AddMinutes(-2), utc.AddMinutes(2));
}
