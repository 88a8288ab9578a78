namespace FlowQuota.Tests.Apps;

/// <summary>A token made for a test.</summary>
/// <param name="Full">What its holder presents.</param>
/// <param name="Id">The public id.</param>
public sealed record TestToken(string Full, string Id);
