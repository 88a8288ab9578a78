namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: why a timer's function runs.</summary>
public sealed class TimerInfo
{
    /// <summary>True if the run is late.</summary>
    public bool IsPastDue { get; set; }
}
