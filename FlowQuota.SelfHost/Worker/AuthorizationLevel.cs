namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type. FlowQuota authenticates by itself, so one level is enough.</summary>
public enum AuthorizationLevel
{
    /// <summary>The host requires no key.</summary>
    Anonymous,
}
