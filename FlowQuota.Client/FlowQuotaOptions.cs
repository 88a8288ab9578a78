namespace FlowQuota.Client;

/// <summary>Where FlowQuota is, and with which tokens it is called.</summary>
public sealed class FlowQuotaOptions
{
    /// <summary>
    /// FlowQuota's address, without <c>/flow</c>: <c>http</c>, <c>https</c>, or <c>https+http</c> with service discovery. It may have a path. Required.
    /// </summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>
    /// The access token of <see cref="FlowQuotaClient"/>. Null if each client is made by
    /// <see cref="FlowQuotaClient.WithAccessToken"/>; the middleware takes the token of each request.
    /// </summary>
    public string? AccessToken { get; set; }

    /// <summary>The admin token of <see cref="Administration.FlowQuotaAdminClient"/>; null if it is not used.</summary>
    public string? AdminToken { get; set; }

    /// <summary>How calls are repeated. The middleware has limits of its own.</summary>
    public FlowQuotaRetryOptions Retry { get; set; } = new();
}
