using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowQuota.Functions.Http;

/// <summary>Writes a text that is JSON as it is.</summary>
internal sealed class JsonTextConverter : JsonConverter<string>
{
    /// <summary>True for a text that can be written.</summary>
    public static bool IsJson(string? text)
    {
        if (text is null)
            return false;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            while (reader.Read())
            {
                // Reading is the check.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Only responses have such texts.");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteRawValue(value);
}
