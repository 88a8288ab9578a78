using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Guards;

/// <summary>
/// Built-in functions that make a huge value from a small one in one call, during which the engine checks no limit, or only
/// at each ten-thousandth step. Each checks the budget first. Arguments are converted once, before the check, so that the
/// values that were checked are the values that are used.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="budget">The run's budget.</param>
/// <param name="mayUse">Whether a word is in the code; a function that it never names is left unguarded.</param>
internal sealed class GuardedBuiltins(Engine engine, RunBudget budget, Func<string, bool> mayUse)
{
    private const int BytesPerChar = 2;
    private const int BytesPerElement = 8;

    /// <summary>Guards one engine.</summary>
    public void Install()
    {
        var strings = Prototype(engine.Global.Get("String"));
        GuardIfNamed(strings, "repeat", original => (text, arguments) => Repeat(original, text, arguments));
        GuardIfNamed(strings, "padStart", original => (text, arguments) => Pad(original, text, arguments));
        GuardIfNamed(strings, "padEnd", original => (text, arguments) => Pad(original, text, arguments));
        GuardIfNamed(strings, "concat", original => (text, arguments) => Concat(original, text, arguments));
        GuardIfNamed(strings, "replace", original => (text, arguments) => GuardedReplace.Call(budget, engine, original, text, arguments));
        GuardIfNamed(strings, "replaceAll", original => (text, arguments) => GuardedReplace.Call(budget, engine, original, text, arguments));

        var arrays = Prototype(engine.Global.Get("Array"));
        GuardJoins(arrays);
        GuardIfNamed(arrays, "flat", original => (array, arguments) => Flat(original, array, arguments));
        GuardIfNamed((ObjectInstance)engine.Global.Get("String"), "raw", original => (self, arguments) => Raw(original, self, arguments));
    }

    /// <summary>Guards the functions that make a larger buffer from a buffer.</summary>
    public void GuardTransfers(ObjectInstance buffers)
    {
        GuardIfNamed(buffers, "transfer", original => (buffer, arguments) => Transfer(original, buffer, arguments));
        GuardIfNamed(buffers, "transferToFixedLength", original => (buffer, arguments) => Transfer(original, buffer, arguments));
    }

    /// <summary>Guards the functions that join the elements of an array into a text.</summary>
    public void GuardJoins(ObjectInstance arrays)
    {
        // Guarded even if it is not named, because the engine calls it whenever it converts an array to a text.
        Guard(arrays, "join", original => (array, arguments) => Join(original, array, arguments));
        GuardIfNamed(arrays, "toLocaleString", original => (array, arguments) => ToLocaleString(original, array, arguments));
    }

    private static ObjectInstance Prototype(JsValue constructor) => (ObjectInstance)constructor.Get("prototype");

    private JsValue Repeat(JsValue original, JsValue text, JsValue[] arguments)
    {
        if (HasNoText(text))
            return engine.Call(original, text, arguments);
        string self = TypeConverter.ToString(text);
        double count = TypeConverter.ToInteger(At(arguments, 0));
        // The original refuses negative and infinite counts with its own message.
        if (count >= 0 && double.IsFinite(count))
            budget.Require(self.Length * BytesPerChar * count);
        return engine.Call(original, self, [count]);
    }

    private JsValue Pad(JsValue original, JsValue text, JsValue[] arguments)
    {
        if (HasNoText(text))
            return engine.Call(original, text, arguments);
        string self = TypeConverter.ToString(text);
        double length = TypeConverter.ToInteger(At(arguments, 0));
        budget.Require(length * BytesPerChar);
        return engine.Call(original, self, [length, .. arguments.Skip(1)]);
    }

    private JsValue Concat(JsValue original, JsValue text, JsValue[] arguments)
    {
        if (HasNoText(text))
            return engine.Call(original, text, arguments);
        string self = TypeConverter.ToString(text);
        JsValue[] parts = [.. arguments.Select(part => (JsValue)TypeConverter.ToString(part))];
        budget.Require(BytesPerChar * (self.Length + parts.Sum(static part => (double)part.AsString().Length)));
        return engine.Call(original, self, parts);
    }

    // Nested arrays are joined through this same function, so each level is checked on its own.
    private JsValue Join(JsValue original, JsValue array, JsValue[] arguments)
    {
        budget.Check();
        JsValue separator = At(arguments, 0).IsUndefined() ? "," : TypeConverter.ToString(arguments[0]);
        if (array is ObjectInstance list)
        {
            ulong length = TypeConverter.ToLength(list.Get("length"));
            budget.Require(BytesPerChar * ((separator.AsString().Length * (double)length) + TextInside(list)));
        }

        return engine.Call(original, array, [separator]);
    }

    private JsValue ToLocaleString(JsValue original, JsValue array, JsValue[] arguments)
    {
        if (array is JsArray list)
            RequireText(list);
        return engine.Call(original, array, arguments);
    }

    // The engine walks nested arrays by itself here.
    private double RequireText(JsArray list)
    {
        budget.Check();
        double characters = 0;
        foreach (var element in list)
            characters += element is JsArray inner ? RequireText(inner) : element.IsString() ? element.AsString().Length : 1;
        budget.Require(characters * BytesPerChar);
        return characters;
    }

    private JsValue Flat(JsValue original, JsValue array, JsValue[] arguments)
    {
        double depth = At(arguments, 0).IsUndefined() ? 1 : TypeConverter.ToIntegerOrInfinity(arguments[0]);
        if (array is JsArray list)
            RequireFlat(list, depth);
        return engine.Call(original, array, [depth]);
    }

    // An array that contains itself many times over is small, but endless when flat.
    private double RequireFlat(JsArray list, double depth)
    {
        budget.Check();
        double elements = 0;
        foreach (var element in list)
            elements += depth >= 1 && element is JsArray inner ? RequireFlat(inner, depth - 1) : 1;
        budget.Require(elements * BytesPerElement);
        return elements;
    }

    private JsValue Raw(JsValue original, JsValue self, JsValue[] arguments)
    {
        if (At(arguments, 0) is ObjectInstance template && template.Get("raw") is ObjectInstance raw)
        {
            double substituted = arguments.Skip(1).Sum(static part => part.IsString() ? (double)part.AsString().Length : 0);
            budget.Require(BytesPerChar * (TextInside(raw) + substituted));
        }

        return engine.Call(original, self, arguments);
    }

    private JsValue Transfer(JsValue original, JsValue buffer, JsValue[] arguments)
    {
        if (At(arguments, 0).IsUndefined())
            return engine.Call(original, buffer, []);
        double length = TypeConverter.ToInteger(arguments[0]);
        budget.Require(length);
        return engine.Call(original, buffer, [length]);
    }

    // Characters of the strings in an array. Other values are small, or make their text within the budget.
    private static double TextInside(ObjectInstance list) =>
        list is JsArray array ? array.Sum(static element => element.IsString() ? (double)element.AsString().Length : 0) : 0;

    // The original refuses these with its own message.
    private static bool HasNoText(JsValue self) => self.IsNull() || self.IsUndefined();

    private static JsValue At(JsValue[] arguments, int index) => index < arguments.Length ? arguments[index] : JsValue.Undefined;

    private void GuardIfNamed(ObjectInstance owner, string name, Func<JsValue, Func<JsValue, JsValue[], JsValue>> guard)
    {
        if (mayUse(name))
            Guard(owner, name, guard);
    }

    private void Guard(ObjectInstance owner, string name, Func<JsValue, Func<JsValue, JsValue[], JsValue>> guard)
    {
        var original = owner.Get(name);
        int length = (int)TypeConverter.ToInteger(original.Get("length"));
        var guarded = new ClrFunction(engine, name, guard(original), length);
        owner.Set(name, guarded);
    }
}
