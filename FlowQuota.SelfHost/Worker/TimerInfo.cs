namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: why a timer's function runs.</summary>
public sealed class TimerInfo
{
    /// <summary>True where the run comes late.</summary>
    public bool IsPastDue { get; set; }
}
