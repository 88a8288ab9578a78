using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Json;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>The modules of one run. Each is executed once, when it is first required. If it is required again while it is
/// still executing, the exports so far are returned, as in Node.js.</summary>
internal sealed class RequiredModules(Engine engine, GlobalScope scope, RunBudget budget, ModuleStore store)
{
    private const string EmptyModule = "";

    private readonly Dictionary<string, JsObject> _modules = new(StringComparer.Ordinal);

    /// <summary>The <c>require</c> of a file.</summary>
    /// <param name="from">The file's <see cref="ModulePath"/>; null = the caller's own code.</param>
    public JsValue Function(string? from)
    {
        var require = new ClrFunction(engine, "require", (_, arguments) => Guarded(() => Require(from, Specifier(arguments))), 1);
        require.FastSetDataProperty("resolve", new ClrFunction(engine, "resolve", (_, arguments) => Guarded(() => Resolve(from, Specifier(arguments))), 1));
        require.FastSetDataProperty("cache", new JsObject(engine));
        require.FastSetDataProperty("extensions", new JsObject(engine));
        return require;
    }

    private JsValue Require(string? from, string specifier)
    {
        budget.Check();
        string path = store.Resolver.Find(specifier, from) ?? EmptyModule;
        if (!_modules.TryGetValue(path, out var module))
            module = Load(path);
        return module.Get("exports");
    }

    private JsValue Resolve(string? from, string specifier) =>
        store.Resolver.Find(specifier, from) is { } path ? NameOf(path) : specifier;

    private static string NameOf(string path) => $"/{ModuleStore.Root}{path}";

    private JsObject Load(string path)
    {
        var module = new JsObject(engine);
        var exports = new JsObject(engine);
        module.FastSetDataProperty("exports", exports);
        if (path.Length == 0)
            return _modules[path] = module;
        var source = store.Get(path, budget);
        if (source.Function is null)
        {
            module.FastSetDataProperty("exports", new JsonParser(engine).Parse(source.Json!));
            return _modules[path] = module;
        }

        _modules.Add(path, module);
        bool isLoaded = false;
        try
        {
            Execute(source, module, exports);
            isLoaded = true;
        }
        finally
        {
            // Code that catches the error and requires the module again gets the error again, not half a module.
            if (!isLoaded)
                _modules.Remove(path);
        }

        return module;
    }

    private void Execute(ModuleSource source, JsObject module, JsObject exports)
    {
        var require = Function(source.Path);
        module.FastSetDataProperty("id", NameOf(source.Path));
        module.FastSetDataProperty("filename", NameOf(source.Path));
        module.FastSetDataProperty("loaded", JsBoolean.False);
        module.FastSetDataProperty("children", new JsArray(engine, []));
        module.FastSetDataProperty("paths", new JsArray(engine, []));
        module.FastSetDataProperty("require", require);
        engine.Call(
            scope.Create(source.Function!),
            exports,
            [exports, require, module, NameOf(source.Path), NameOf(ModulePath.FolderOf(source.Path)), engine.Global]);
        module.Set("loaded", JsBoolean.True);
    }

    private string Specifier(JsValue[] arguments)
    {
        if (arguments.Length > 0 && arguments[0].IsString() && arguments[0].AsString() is { Length: > 0 } specifier)
            return specifier;
        throw new JavaScriptException(engine.Intrinsics.TypeError, "The \"id\" argument of require must be a string that is not empty");
    }

    private JsValue Guarded(Func<JsValue> work)
    {
        try
        {
            return work();
        }
        catch (ModuleRefusal refusal)
        {
            var error = engine.Intrinsics.Error.Construct(refusal.Message);
            error.Set("code", refusal.Code);
            throw new JavaScriptException(error);
        }
    }
}
