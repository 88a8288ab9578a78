using Jint;
using Jint.Native;
using Jint.Runtime.Interop;

namespace FlowQuota.Execution;

/// <summary>Where the wrapper around the code says how it ended.</summary>
internal sealed class ScriptEnding
{
    /// <summary>How it ended.</summary>
    public ScriptEndingKind Kind { get; private set; }

    /// <summary>What it returned or threw.</summary>
    public JsValue Value { get; private set; } = JsValue.Undefined;

    /// <summary>The wrapper's two arguments: what to call with the result, and what to call with the error.</summary>
    public JsValue[] Functions(Engine engine) =>
        [Function(engine, ScriptEndingKind.Returned), Function(engine, ScriptEndingKind.Threw)];

    private ClrFunction Function(Engine engine, ScriptEndingKind kind) => new(engine, string.Empty, (_, arguments) =>
    {
        Kind = kind;
        Value = arguments[0];
        return JsValue.Undefined;
    });
}
