namespace FlowQuota.Tokens;

/// <summary>A limit that a change may set, take away, or leave as it is.</summary>
/// <param name="IsGiven">False = leave it.</param>
/// <param name="Value">The new limit; null = no limit.</param>
public readonly record struct OptionalLimit(bool IsGiven, int? Value)
{
    /// <summary>Leave it as it is.</summary>
    public static OptionalLimit Unchanged => default;

    /// <summary>Sets the limit, or takes it away.</summary>
    public static OptionalLimit To(int? value) => new(true, value);
}
