namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The word of the API for a change of a token's end.</summary>
internal static class Expiry
{
    public const string Unlimited = "unlimited";

    /// <summary>The operation that a number of days or a date asks for; null for neither.</summary>
    public static string? OperationOf(int? days, DateTime? date) => (days, date) switch
    {
        (not null, null) => "add",
        (null, not null) => "set",
        (null, null) => null,
        _ => throw new ArgumentException("A token ends after a number of days or at a date, not both."),
    };
}
