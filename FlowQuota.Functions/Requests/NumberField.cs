using System.Globalization;

namespace FlowQuota.Functions.Requests;

/// <summary>A whole number.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The most.</param>
/// <param name="Description">What it is for.</param>
internal sealed record NumberField(string Name, int Min, int Max, string Description) : Field(Name, Description)
{
    /// <summary>What it must be, in words that follow its name.</summary>
    public string Expected => string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {Min} to {Max}");
}
