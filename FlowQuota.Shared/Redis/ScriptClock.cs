namespace FlowQuota.Redis;

/// <summary>
/// A key that the scripts read the time from instead of the server's clock. Only tests register one, to reach the boundaries of
/// years without waiting.
/// </summary>
/// <param name="Key">It holds ms since 1970.</param>
public sealed record ScriptClock(string Key);
