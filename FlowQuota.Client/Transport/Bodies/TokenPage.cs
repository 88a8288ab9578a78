using FlowQuota.Client.Administration;

namespace FlowQuota.Client.Transport.Bodies;

/// <summary>A page of a list of tokens.</summary>
/// <param name="NextCursor">The cursor of the next page; null = this is the last.</param>
internal sealed record TokenPage(string? NextCursor)
{
    public required IReadOnlyList<Token> Tokens { get; init; }
}
