namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>How deeply and how widely a value is shown.</summary>
/// <param name="Depth">Most nested objects; infinite = all.</param>
/// <param name="ShowHidden">Whether properties that are not enumerable are shown.</param>
/// <param name="MaxItems">Most items of one array, map or set.</param>
/// <param name="LineLength">Longest line before a value is spread over several.</param>
internal sealed record InspectOptions(double Depth = 2, bool ShowHidden = false, int MaxItems = 100, int LineLength = 80);
