namespace FlowQuota.OpenApi;

/// <summary>What the operations of a tag are for. A tag is a folder of the functions.</summary>
internal static class TagDescriptions
{
    private static readonly Dictionary<string, string> Texts = new()
    {
        ["Auditing"] = "The log rows of tokens, what became of a call, and whether the books balance.",
        ["Execution"] = "Run JavaScript, and charge it by its time.",
        ["Gateways"] = "For gateways and services that ask before they serve a call.",
        ["Health"] = "Is the service alive, and can it serve calls?",
        ["Outbox"] = "What waits to be written to SQL.",
        ["Quotas"] = "Consume units, and read what is left.",
        ["Reservations"] = "Hold units before a call, and charge what the call used.",
        ["Retention"] = "The removal of old log rows.",
        ["Tokens"] = "Create, list, change, rotate and delete access tokens.",
        ["Usage"] = "Who used what, and when: sums, statements and all log rows.",
    };

    /// <summary>The description of a tag.</summary>
    /// <exception cref="InvalidOperationException">The tag has no description.</exception>
    public static string Of(string tag) =>
        Texts.GetValueOrDefault(tag) ?? throw new InvalidOperationException($"The tag {tag} needs a description.");
}
