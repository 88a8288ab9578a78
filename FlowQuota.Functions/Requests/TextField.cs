using System.Globalization;

namespace FlowQuota.Functions.Requests;

/// <summary>A text for people: not empty, and without control characters.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MaxLength">Most characters.</param>
/// <param name="Description">What it is for.</param>
internal sealed record TextField(string Name, int MaxLength, string Description) : Field(Name, Description)
{
    /// <summary>True if an empty text is the same as none.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>What it must be, in words that follow its name.</summary>
    public string Expected => string.Create(CultureInfo.InvariantCulture, $"must be a text of 1 to {MaxLength} characters without control characters");

    /// <summary>True for a text of this length without control characters.</summary>
    public bool IsValid(string text) => text.Length >= 1 && text.Length <= MaxLength && !text.Any(char.IsControl);
}
