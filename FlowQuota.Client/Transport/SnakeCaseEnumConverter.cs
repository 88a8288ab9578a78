using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowQuota.Client.Transport;

/// <summary>The words of the API for an enum: its names in snake_case.</summary>
/// <typeparam name="T">The enum.</typeparam>
internal sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
