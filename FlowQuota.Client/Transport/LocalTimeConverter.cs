using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowQuota.Client.Transport;

/// <summary>The API's times: <c>yyyy-MM-dd HH:mm:ss</c> in a zone that the text does not name.</summary>
internal sealed class LocalTimeConverter : JsonConverter<DateTime>
{
    private const string Format = "yyyy-MM-dd HH:mm:ss";

    public static string Write(DateTime value) => value.ToString(Format, CultureInfo.InvariantCulture);

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTime.TryParseExact(reader.GetString(), Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw new JsonException($"A time must be {Format}.");

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) => writer.WriteStringValue(Write(value));
}
