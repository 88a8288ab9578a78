namespace FlowQuota.Sandbox.Guards;

/// <summary>A value's JSON is longer than allowed.</summary>
public sealed class JsonTooLongException() : Exception("The JSON is too long");
