namespace FlowQuota.Tokens;

/// <summary>A value that a change may set, remove, or leave as it is.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="IsGiven">False = leave it.</param>
/// <param name="Value">The new value; null = none.</param>
public readonly record struct OptionalValue<T>(bool IsGiven, T? Value)
    where T : class
{
    /// <summary>The value after the change.</summary>
    /// <param name="present">The value before; null = none.</param>
    public T? Or(T? present) => IsGiven ? Value : present;
}
