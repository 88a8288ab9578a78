namespace FlowQuota.Sandbox.Running;

/// <summary>The code does not parse; the message gives the reason and the position in the caller's own text.</summary>
public sealed class ScriptSyntaxException(string message) : Exception(message);
