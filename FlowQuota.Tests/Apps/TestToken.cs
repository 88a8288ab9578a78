namespace FlowQuota.Tests.Apps;

/// <summary>A token made for a test.</summary>
/// <param name="Full">The full token, as its holder sends it.</param>
/// <param name="Id">The public id.</param>
public sealed record TestToken(string Full, string Id);
