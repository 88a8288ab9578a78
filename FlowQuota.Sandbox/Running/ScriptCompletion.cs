using Jint;
using Jint.Native;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Running;

/// <summary>Receives the completion of the code from the wrapper around it.</summary>
internal sealed class ScriptCompletion
{
    /// <summary>How the code ended.</summary>
    public ScriptCompletionKind Kind { get; private set; }

    /// <summary>The returned or thrown value.</summary>
    public JsValue Value { get; private set; } = JsValue.Undefined;

    /// <summary>The wrapper's two arguments: the callback for the result, and the callback for the error.</summary>
    public JsValue[] Functions(Engine engine) =>
        [Function(engine, ScriptCompletionKind.Returned), Function(engine, ScriptCompletionKind.Threw)];

    private ClrFunction Function(Engine engine, ScriptCompletionKind kind) => new(engine, string.Empty, (_, arguments) =>
    {
        Kind = kind;
        Value = arguments[0];
        return JsValue.Undefined;
    });
}
