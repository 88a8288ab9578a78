using Acornima.Ast;
using Jint;
using Jint.Native;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>
/// Classes that are written in JavaScript over native functions: one function a file, parsed when a process first needs it,
/// and called once in each run that names one of its classes.
/// </summary>
internal sealed class Library
{
    private readonly Lazy<IFunction> _function;

    private Library(string file) => _function = new Lazy<IFunction>(() => Parse(file));

    /// <summary><c>DOMException</c>.</summary>
    public static Library Exceptions { get; } = new("exceptions.js");

    /// <summary><c>queueMicrotask</c>.</summary>
    public static Library Tasks { get; } = new("tasks.js");

    /// <summary><c>TextEncoder</c> and <c>TextDecoder</c>.</summary>
    public static Library Encoding { get; } = new("encoding.js");

    /// <summary><c>URL</c> and <c>URLSearchParams</c>.</summary>
    public static Library Urls { get; } = new("urls.js");

    /// <summary>Makes the classes, in one engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="scope">The engine's global scope.</param>
    /// <param name="native">The file's second parameter.</param>
    /// <returns>An object with the classes by their names.</returns>
    public JsValue Open(Engine engine, GlobalScope scope, JsValue native)
    {
        var exports = new JsObject(engine);
        engine.Call(scope.Create(_function.Value), JsValue.Undefined, [exports, native]);
        return exports;
    }

    private static IFunction Parse(string file)
    {
        using var stream = typeof(Library).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The sandbox has no {file}");
        using var reader = new StreamReader(stream);
        return GlobalScope.FunctionIn(Engine.PrepareScript(reader.ReadToEnd(), file));
    }
}
