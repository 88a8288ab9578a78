namespace FlowQuota.Functions.Requests;

/// <summary>A text with a syntax of its own.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
internal sealed record StringField(string Name, string Description) : Field(Name, Description)
{
    /// <summary>A date or a time of day of a date, as the API reads them.</summary>
    public const string DatePattern = @"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$";

    /// <summary>A regular expression for the document that each valid text matches; null = none.</summary>
    public string? Pattern { get; init; }

    /// <summary>The check; null = the caller of the reader checks it.</summary>
    public Func<string, bool>? IsValid { get; init; }

    /// <summary>What it must be, in words that follow its name.</summary>
    public string Expected { get; init; } = "must be a text";
}
