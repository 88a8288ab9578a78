using Acornima.Ast;
using Jint;
using Jint.Native;
using Jint.Native.Function;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language;

/// <summary>
/// Makes functions of prepared scripts in one engine, whatever code is running. Their scope is the global one, never the
/// caller's, and no pending promise job runs. If the engine evaluated a script, those jobs would run.
/// </summary>
internal sealed class GlobalScope
{
    // The engine gives a function the current scope, so this one, made before any code runs, makes the scope of all others.
    // Besides the globals they see only its parameter, and each has its own of that name.
    private static readonly IFunction Entrance = FunctionIn(Engine.PrepareScript("(function (exports) { exports() })", "scope"));

    private readonly Engine _engine;
    private readonly ScriptFunction _entrance;

    /// <param name="engine">An engine that runs no code yet.</param>
    public GlobalScope(Engine engine)
    {
        _engine = engine;
        _entrance = new ScriptFunction(engine, Entrance, strict: false);
    }

    /// <summary>The function that is a script's only statement.</summary>
    /// <exception cref="ArgumentException">The script contains anything else.</exception>
    public static IFunction FunctionIn(Prepared<Script> script) =>
        script.Program?.Body is [ExpressionStatement { Expression: IFunction function }]
            ? function
            : throw new ArgumentException("The script is not one function", nameof(script));

    /// <summary>Makes a function.</summary>
    /// <param name="function">A function that names its first parameter <c>exports</c>.</param>
    public JsValue Create(IFunction function)
    {
        var created = JsValue.Undefined;
        _engine.Call(_entrance, new ClrFunction(_engine, string.Empty, (_, _) => created = new ScriptFunction(_engine, function, strict: false)));
        return created;
    }
}
