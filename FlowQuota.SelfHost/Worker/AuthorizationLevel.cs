namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type; FlowQuota authenticates by itself, so one level is all there is.</summary>
public enum AuthorizationLevel
{
    /// <summary>The host asks for no key.</summary>
    Anonymous,
}
