namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>What the layout of a list's items depends on.</summary>
/// <param name="IsNumeric">Whether all are numbers.</param>
/// <param name="HasMore">Whether the last part says how many more there are.</param>
internal readonly record struct InspectList(bool IsNumeric, bool HasMore);
