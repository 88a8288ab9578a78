namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: the function runs by the clock.</summary>
/// <param name="schedule">The name of a setting between <c>%</c> signs.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    /// <summary>The name of the setting that has the schedule, between <c>%</c> signs.</summary>
    public string Schedule { get; } = schedule;
}
