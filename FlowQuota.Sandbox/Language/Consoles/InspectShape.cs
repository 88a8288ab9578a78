namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>The kind of a value, and how its parts are found.</summary>
/// <param name="Heading">The text of the value itself, before its properties; empty = none.</param>
/// <param name="Open">The opening brace.</param>
/// <param name="Close">The closing brace.</param>
/// <param name="Items">Adds the texts of its content other than properties, at a depth; null = none.</param>
/// <param name="IsList">Whether it is an array.</param>
/// <param name="HasMore">Whether not all items are shown.</param>
/// <param name="IsNumeric">Whether all items are numbers.</param>
internal sealed record InspectShape(
    string Heading, string Open, string Close, Action<List<string>, int>? Items, bool IsList, bool HasMore, bool IsNumeric);
