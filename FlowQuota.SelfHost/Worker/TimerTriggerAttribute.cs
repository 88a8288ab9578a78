namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: the function runs by the clock.</summary>
/// <param name="schedule">Six-field NCRONTAB expression, UTC.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    /// <summary>Six-field NCRONTAB expression, UTC.</summary>
    public string Schedule { get; } = schedule;
}
