namespace FlowQuota.Functions.Http;

/// <summary>Names of the headers that gateways read from the responses to their sub-requests.</summary>
internal static class GatewayHeaders
{
    public const string Status = "X-FlowQuota-Status";
    public const string TokenId = "X-FlowQuota-Token-Id";
    public const string Workspace = "X-FlowQuota-Workspace";
    public const string Remaining = "X-FlowQuota-Remaining";
    public const string RequestId = "X-FlowQuota-Request-Id";
    public const string Unmetered = "X-FlowQuota-Unmetered";
}
