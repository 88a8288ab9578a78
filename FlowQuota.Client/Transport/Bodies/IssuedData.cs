namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The secret in the response to create and rotate; null in a repeat.</summary>
internal sealed record IssuedData(string? AccessToken);
