namespace FlowQuota.Client;

/// <summary>The failure of code that was run. The call was charged.</summary>
/// <param name="Type"><c>SyntaxError</c>, <c>RuntimeError</c>, <c>TimeoutError</c>, <c>MemoryLimitError</c> or <c>ResultError</c>.</param>
/// <param name="Message">What failed.</param>
/// <param name="Stack">The place at which the code threw; null if it did not throw.</param>
public sealed record ExecuteError(string Type, string Message, string? Stack = null);
