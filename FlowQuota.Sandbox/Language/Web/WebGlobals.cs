using FlowQuota.Sandbox.Language.Modules;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>
/// The global functions and classes that browsers and Node.js share and that need no input or output, and <c>require</c> if
/// there are packages. They are members of the prototype of the global object. Each is made when the code first names it, so
/// a run that names none of them pays for one object.
/// </summary>
internal sealed class WebGlobals
{
    private const int MaxBytesPerChar = 3;

    private static readonly JsObjectShape Shape = Members().Build();

    private static readonly JsObjectShape ShapeWithRequire = Members()
        .PerRealmSlot("require", static owner => new RequiredModules(Of(owner)._engine, Of(owner)._scope, Of(owner)._budget, Of(owner)._modules!).Function(null))
        .Build();

    private readonly Engine _engine;
    private readonly RunBudget _budget;
    private readonly TimerQueue _timers;
    private readonly ModuleStore? _modules;
    private readonly GlobalScope _scope;
    private JsValue? _domException;
    private JsValue? _encoding;
    private JsValue? _urls;

    /// <param name="engine">An engine that runs no code yet.</param>
    /// <param name="budget">The run's budget.</param>
    /// <param name="timers">The run's timers.</param>
    /// <param name="modules">The packages; null = there is no <c>require</c>.</param>
    public WebGlobals(Engine engine, RunBudget budget, TimerQueue timers, ModuleStore? modules)
    {
        (_engine, _budget, _timers, _modules) = (engine, budget, timers, modules);
        _scope = new GlobalScope(engine);
    }

    /// <summary>Adds them to the engine.</summary>
    public void Install()
    {
        var members = (_modules is null ? Shape : ShapeWithRequire).Instantiate(_engine);
        JsObjectShape.SetHostState(members, this);
        _engine.Global.Prototype = members;
    }

    private static JsObjectShape.Builder Members() => new JsObjectShape.Builder()
        .PerRealmSlot("setTimeout", static owner => Of(owner).Function("setTimeout", 2, static (web, arguments) => web._timers.Set("setTimeout", arguments, repeats: false)))
        .PerRealmSlot("setInterval", static owner => Of(owner).Function("setInterval", 2, static (web, arguments) => web._timers.Set("setInterval", arguments, repeats: true)))
        .PerRealmSlot("setImmediate", static owner => Of(owner).Function("setImmediate", 1, static (web, arguments) => web._timers.SetImmediate(arguments)))
        .PerRealmSlot("clearTimeout", static owner => Of(owner).Clearing("clearTimeout"))
        .PerRealmSlot("clearInterval", static owner => Of(owner).Clearing("clearInterval"))
        .PerRealmSlot("clearImmediate", static owner => Of(owner).Clearing("clearImmediate"))
        .PerRealmSlot("queueMicrotask", static owner => Of(owner).Open(Library.Tasks).Get("queueMicrotask"))
        .PerRealmSlot("structuredClone", static owner => Of(owner).Function("structuredClone", 1, static (web, arguments) => web.StructuredClone(arguments)))
        .PerRealmSlot("atob", static owner => Of(owner).Function("atob", 1, static (web, arguments) => web.Atob(arguments)))
        .PerRealmSlot("btoa", static owner => Of(owner).Function("btoa", 1, static (web, arguments) => web.Btoa(arguments)))
        .PerRealmSlot("crypto", static owner => new CryptoObject(Of(owner)._engine, Of(owner).Exception).Create())
        .PerRealmSlot("DOMException", static owner => Of(owner).DomException, enumerable: false)
        .PerRealmSlot("TextEncoder", static owner => Of(owner).Encoding.Get("TextEncoder"), enumerable: false)
        .PerRealmSlot("TextDecoder", static owner => Of(owner).Encoding.Get("TextDecoder"), enumerable: false)
        .PerRealmSlot("URL", static owner => Of(owner).Urls.Get("URL"), enumerable: false)
        .PerRealmSlot("URLSearchParams", static owner => Of(owner).Urls.Get("URLSearchParams"), enumerable: false);

    private static WebGlobals Of(ObjectInstance owner) => (WebGlobals)JsObjectShape.GetHostState(owner)!;

    private JsValue DomException => _domException ??= Open(Library.Exceptions).Get("DOMException");

    private JsValue Encoding => _encoding ??= Library.Encoding.Open(_engine, _scope, new TextCodec(_engine, _budget).Functions());

    private JsValue Urls => _urls ??= Library.Urls.Open(_engine, _scope, new UrlFunctions(_engine, _budget).Functions());

    private JsValue Open(Library library) => library.Open(_engine, _scope, JsValue.Undefined);

    private ClrFunction Function(string name, int length, Func<WebGlobals, JsValue[], JsValue> function) =>
        new(_engine, name, (_, arguments) => function(this, arguments), length);

    private ClrFunction Clearing(string name) => Function(name, 1, static (web, arguments) =>
    {
        if (arguments.Length > 0)
            web._timers.Clear(arguments[0]);
        return JsValue.Undefined;
    });

    private JsValue StructuredClone(JsValue[] arguments)
    {
        if (arguments.Length == 0)
            throw new JavaScriptException(_engine.Intrinsics.TypeError, "The \"value\" argument must be specified");
        return new StructuredClone(_engine, _budget, Exception).Clone(arguments[0], arguments.Length > 1 ? arguments[1] : JsValue.Undefined);
    }

    private JsValue Atob(JsValue[] arguments) => Base64Text.Decode(Text("atob", arguments))
        ?? throw Exception("InvalidCharacterError", "The string to be decoded is not correctly encoded.");

    private JsValue Btoa(JsValue[] arguments) => Base64Text.Encode(Text("btoa", arguments))
        ?? throw Exception("InvalidCharacterError", "Invalid character");

    private string Text(string function, JsValue[] arguments)
    {
        if (arguments.Length == 0)
            throw new JavaScriptException(_engine.Intrinsics.TypeError, $"{function} needs an argument");
        string text = TypeConverter.ToString(arguments[0]);
        _budget.Require((double)text.Length * MaxBytesPerChar);
        return text;
    }

    private JavaScriptException Exception(string name, string message) => new(_engine.Construct(DomException, message, name));
}
