namespace FlowQuota.Sandbox.Running;

/// <summary>The code is not a script; the message says why and where in the caller's own text.</summary>
public sealed class ScriptSyntaxException(string message) : Exception(message);
