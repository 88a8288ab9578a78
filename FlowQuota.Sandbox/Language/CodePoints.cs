using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language;

/// <summary>Iterates strings by code points; the engine iterates by grapheme clusters.</summary>
internal sealed class CodePoints(Engine engine, RunBudget budget)
{
    private JsValue _original = JsValue.Undefined;
    private ObjectInstance? _prototype;

    /// <summary>Replaces the iterator of one engine's strings.</summary>
    public void Install()
    {
        var strings = (ObjectInstance)engine.Global.Get("String").Get("prototype");
        _original = strings.Get(GlobalSymbolRegistry.Iterator);
        strings.Set(GlobalSymbolRegistry.Iterator, new ClrFunction(engine, "[Symbol.iterator]", (text, _) => Iterate(text)));
    }

    private JsValue Iterate(JsValue text)
    {
        budget.Check();
        if (text.IsNull() || text.IsUndefined())
            return engine.Call(_original, text, []);
        return new CodePointIterator(engine, TypeConverter.ToString(text)) { Prototype = _prototype ??= IteratorPrototype() };
    }

    // The engine's own prototype has the right parents and the right tag.
    private ObjectInstance IteratorPrototype()
    {
        var prototype = ((ObjectInstance)engine.Call(_original, JsString.Empty, [])).Prototype!;
        prototype.Set("next", new ClrFunction(engine, "next", Next));
        return prototype;
    }

    private JsObject Next(JsValue iterator, JsValue[] arguments)
    {
        budget.Check();
        if (iterator is not CodePointIterator points)
            throw new JavaScriptException(engine.Intrinsics.TypeError, "next method called on incompatible receiver");
        string? next = points.Next();
        var result = new JsObject(engine);
        result.FastSetDataProperty("value", next is null ? JsValue.Undefined : (JsValue)next);
        result.FastSetDataProperty("done", next is null ? JsBoolean.True : JsBoolean.False);
        return result;
    }
}
