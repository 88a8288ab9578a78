namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>The properties of a list's items that its layout depends on.</summary>
/// <param name="IsNumeric">Whether all are numbers.</param>
/// <param name="HasMore">Whether the last part gives the number of items left out.</param>
internal readonly record struct InspectList(bool IsNumeric, bool HasMore);
