using Jint;
using Jint.Native;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Running;

/// <summary>Where the wrapper around the code says how it ended.</summary>
internal sealed class ScriptCompletion
{
    /// <summary>How it ended.</summary>
    public ScriptCompletionKind Kind { get; private set; }

    /// <summary>What it returned or threw.</summary>
    public JsValue Value { get; private set; } = JsValue.Undefined;

    /// <summary>The wrapper's two arguments: what to call with the result, and what to call with the error.</summary>
    public JsValue[] Functions(Engine engine) =>
        [Function(engine, ScriptCompletionKind.Returned), Function(engine, ScriptCompletionKind.Threw)];

    private ClrFunction Function(Engine engine, ScriptCompletionKind kind) => new(engine, string.Empty, (_, arguments) =>
    {
        Kind = kind;
        Value = arguments[0];
        return JsValue.Undefined;
    });
}
