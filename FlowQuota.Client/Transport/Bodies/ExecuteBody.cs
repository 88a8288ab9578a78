using System.Text.Json;

namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of execute.</summary>
internal sealed record ExecuteBody(string CodeBase64, JsonElement? Input);
