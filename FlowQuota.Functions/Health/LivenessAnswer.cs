using System.Text.Json;
using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Health;

/// <summary><c>{service,status,timestamp,version}</c>, at the top level.</summary>
internal sealed class LivenessAnswer(FlowRequest request) : FlowResult(request, StatusCodes.Status200OK)
{
    private static readonly string Version = typeof(LivenessAnswer).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("service"u8, "flowquota");
        json.WriteString("status"u8, "ok");
        json.WriteString("version"u8, Version);
    }
}
