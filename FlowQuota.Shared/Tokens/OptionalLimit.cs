namespace FlowQuota.Tokens;

/// <summary>A limit that a change may set, remove, or leave as it is.</summary>
/// <param name="IsGiven">False = leave it.</param>
/// <param name="Value">The new limit; null = no limit.</param>
public readonly record struct OptionalLimit(bool IsGiven, int? Value)
{
    /// <summary>Leave it as it is.</summary>
    public static OptionalLimit Unchanged => default;

    /// <summary>Sets the limit, or removes it.</summary>
    public static OptionalLimit To(int? value) => new(true, value);
}
