using System.Globalization;
using FlowQuota.Sandbox.Language.Web;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Array;
using Jint.Native.Error;
using Jint.Native.Function;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using Jint.Runtime.Descriptors;

namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>A value as Node.js's <c>util.inspect</c> shows it. Getters are named, not called.</summary>
/// <param name="engine">The run's engine.</param>
/// <param name="budget">The run's budget, checked at each value.</param>
/// <param name="options">How deeply and how widely.</param>
/// <param name="maxLength">After so many characters the rest of the value is left out.</param>
internal sealed class Inspection(Engine engine, RunBudget budget, InspectOptions options, int maxLength)
{
    private const int MaxTextLength = 10_000;
    private const int ShortText = 16;

    private static readonly string[] Wrappers = ["Number", "String", "Boolean", "BigInt", "Symbol"];

    private readonly List<ObjectInstance> _open = [];
    private readonly List<ObjectInstance> _circular = [];
    private int _indentation;
    private int _deepest;
    private int _written;

    /// <summary>The text of one value.</summary>
    public string Of(JsValue value) => Value(value, 0);

    private string Value(JsValue value, int depth)
    {
        if (_written > maxLength)
            return "…";
        string text = value is ObjectInstance instance ? Instance(instance, depth) : Primitive(value);
        if (value is not ObjectInstance)
            _written += text.Length;
        return text;
    }

    private string Primitive(JsValue value) => value switch
    {
        _ when value.IsString() => Text(value.AsString()),
        _ when value.IsNumber() => Number(value),
        _ when value.IsBigInt() => $"{value}n",
        _ => value.ToString(),
    };

    /// <summary>A number; minus zero is shown as -0.</summary>
    public static string Number(JsValue value) => double.IsNegative(value.AsNumber()) && value.AsNumber() == 0 ? "-0" : value.ToString();

    private string Text(string text)
    {
        int more = text.Length - MaxTextLength;
        string shown = more > 0 ? text[..MaxTextLength] : text;
        string note = more > 0 ? string.Create(CultureInfo.InvariantCulture, $"... {more} more character{(more > 1 ? "s" : string.Empty)}") : string.Empty;
        if (shown.Length <= ShortText || shown.Length <= options.LineLength - _indentation - 4 || !shown.Contains('\n', StringComparison.Ordinal))
            return QuotedText.Of(shown) + note;
        var lines = shown.Split('\n').Select(static line => $"{line}\n").ToList();
        lines[^1] = lines[^1][..^1];
        return string.Join($" +\n{new string(' ', _indentation + 2)}", lines.Where(static line => line.Length > 0).Select(QuotedText.Of)) + note;
    }

    private string Instance(ObjectInstance instance, int depth)
    {
        budget.Check();
        if (_open.Contains(instance))
        {
            if (!_circular.Contains(instance))
                _circular.Add(instance);
            return string.Create(CultureInfo.InvariantCulture, $"[Circular *{_circular.IndexOf(instance) + 1}]");
        }

        return Shape(instance, depth);
    }

    private string Shape(ObjectInstance instance, int depth)
    {
        string? name = ConstructorName(instance);
        string tag = Tag(instance, name);
        var keys = Keys(instance);
        var shape = Describe(instance, name, tag, keys);
        // No content: only the heading, or the braces.
        if (keys.Count == 0 && shape.Items is null)
            return Written(shape.Heading.Length > 0 ? shape.Heading : $"{shape.Open}{shape.Close}");
        if (depth > options.Depth)
            return Written(shape.IsList && name == "Array" ? "[Array]" : $"[{Prefix(name, tag, "Object").TrimEnd()}]");

        _open.Add(instance);
        _deepest = depth;
        List<string> parts = [];
        shape.Items?.Invoke(parts, depth);
        foreach (var key in keys)
            parts.Add(Property(instance, key, depth));
        _open.RemoveAt(_open.Count - 1);
        if (parts.Count == 0)
            return Written(shape.Heading.Length > 0 ? shape.Heading : $"{shape.Open}{shape.Close}");

        InspectList? list = shape.IsList ? new InspectList(shape.IsNumeric, shape.HasMore) : null;
        var (heading, open) = (shape.Heading, shape.Open);
        if (_circular.IndexOf(instance) is var reference and >= 0)
        {
            string mark = string.Create(CultureInfo.InvariantCulture, $"<ref *{reference + 1}>");
            if (heading.Length > 0)
                heading = $"{mark} {heading}";
            else
                open = $"{mark} {open}";
        }

        _written += 4;
        return InspectLayout.Arrange(parts, heading, open, shape.Close, _indentation, _deepest - depth, options.LineLength, list);
    }

    private string Written(string text)
    {
        _written += text.Length;
        return text;
    }

    private InspectShape Describe(ObjectInstance instance, string? name, string tag, List<JsValue> keys)
    {
        string prefix = Prefix(name, tag, "Object");
        switch (instance)
        {
            case ArrayInstance array:
                uint length = (uint)TypeConverter.ToLength(array.Get("length"));
                string ofArray = name == "Array" && tag.Length == 0 ? string.Empty : Prefix(name, tag, "Array", length);
                return new InspectShape(
                    string.Empty, $"{ofArray}[", "]", length == 0 ? null : (parts, depth) => Items(parts, depth, array, length), IsList: true, HasMore: length > options.MaxItems, IsNumeric: IsNumeric(array, length));
            case JsTypedArray typed:
                return new InspectShape(
                    string.Empty, $"{Prefix(name, tag, name ?? "TypedArray", typed.Length)}[", "]", typed.Length == 0 ? null : (parts, depth) => TypedItems(parts, typed), IsList: true, HasMore: typed.Length > options.MaxItems, IsNumeric: true);
            case JsMap map:
                return Braces($"{Prefix(name, tag, "Map", map.Size)}{{", map.Size == 0 ? null : (parts, depth) => Entries(parts, depth, map));
            case JsSet set:
                return Braces($"{Prefix(name, tag, "Set", set.Size)}{{", set.Size == 0 ? null : (parts, depth) => Members(parts, depth, set));
            case Function function:
                return Braces("{", null, FunctionName(function, name, tag));
            case JsRegExp pattern:
                return Braces("{", null, $"{(name == "RegExp" ? string.Empty : prefix)}/{pattern.Source}/{pattern.Flags}");
            case JsDate date:
                return Braces("{", null, $"{(name == "Date" ? string.Empty : prefix)}{DateText(date)}");
            case ErrorInstance error:
                return Braces("{", null, ErrorText(error, name, tag, keys));
            case JsArguments:
                uint count = (uint)TypeConverter.ToLength(instance.Get("length"));
                return new InspectShape(string.Empty, "[Arguments] [", "]", count == 0 ? null : (parts, depth) => Items(parts, depth, instance, count), IsList: true, HasMore: count > options.MaxItems, IsNumeric: false);
            case var _ when instance.IsArrayBuffer():
                return Braces($"{prefix}{{", (parts, _) => Contents(parts, instance));
            case var _ when instance.IsDataView():
                return Braces($"{prefix}{{", (parts, depth) =>
                {
                    foreach (string part in (string[])["byteLength", "byteOffset", "buffer"])
                        parts.Add($"{part}: {Value(instance.Get(part), depth + 1)}");
                });
            case var _ when name is "WeakSet" or "WeakMap":
                return Braces($"{prefix}{{", static (parts, _) => parts.Add("<items unknown>"));
            case var _ when instance is not JsObject && Wrapped(instance) is { } wrapped:
                // The letters of a text are properties of its object.
                if (wrapped.Value.IsString())
                    keys.RemoveAll(static key => key.IsString() && (key.AsString() == "length" || char.IsAsciiDigit(key.AsString()[0])));
                return Braces("{", null, $"[{wrapped.Name}{(name == wrapped.Name || name is null ? string.Empty : $" ({name})")}: {Value(wrapped.Value, 0)}]");
            default:
                return Braces(name == "Object" && tag.Length == 0 ? "{" : $"{prefix}{{", null);
        }
    }

    private static InspectShape Braces(string open, Action<List<string>, int>? items, string heading = "") =>
        new(heading, open, "}", items, IsList: false, HasMore: false, IsNumeric: false);

    // Constructor, size and tag, as in `Foo(2) [bar] `.
    private static string Prefix(string? name, string tag, string otherwise, double? size = null)
    {
        string length = size is { } number ? string.Create(CultureInfo.InvariantCulture, $"({number})") : string.Empty;
        string text = name is null ? $"[{otherwise}{length}: null prototype] " : $"{name}{length} ";
        return tag.Length > 0 && tag != name ? $"{text}[{tag}] " : text;
    }

    private static string? ConstructorName(ObjectInstance instance)
    {
        for (var (place, steps) = ((ObjectInstance?)instance, 0); place is not null && steps < 1000; place = place.Prototype, steps++)
        {
            var own = place.GetOwnProperty("constructor");
            if (own != PropertyDescriptor.Undefined && own.Get is null && own.Value is ObjectInstance constructor && constructor.IsCallable()
                && constructor.GetOwnProperty("name") is { } named && named != PropertyDescriptor.Undefined
                && named.Value is { } name && name.IsString() && name.AsString().Length > 0)
            {
                return name.AsString();
            }
        }

        return null;
    }

    private static string Tag(ObjectInstance instance, string? name)
    {
        // One that is shown among the properties is not shown twice.
        if (instance.GetOwnProperty(GlobalSymbolRegistry.ToStringTag) is { Enumerable: true } own && own != PropertyDescriptor.Undefined)
            return string.Empty;
        var tag = instance.Get(GlobalSymbolRegistry.ToStringTag);
        return tag.IsString() && tag.AsString() is { Length: > 0 } text && text != name ? text : string.Empty;
    }

    private List<JsValue> Keys(ObjectInstance instance)
    {
        bool isIndexed = instance is ArrayInstance or JsTypedArray or JsArguments;
        return
        [
            .. instance.GetOwnPropertyKeys(Types.String | Types.Symbol)
                .Where(key => !isIndexed || !key.IsString() || !uint.TryParse(key.AsString(), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Where(key => IsShown(instance, key)),
        ];
    }

    private bool IsShown(ObjectInstance instance, JsValue key)
    {
        var property = instance.GetOwnProperty(key);
        if (property == PropertyDescriptor.Undefined)
            return false;
        return property.Enumerable || (options.ShowHidden && key.IsString() && !(instance is ErrorInstance && key.AsString() is "stack" or "message"));
    }

    private string Property(ObjectInstance instance, JsValue key, int depth)
    {
        var property = instance.GetOwnProperty(key);
        _indentation += 2;
        string text;
        if (property.Get is not null && !property.Get.IsUndefined())
            text = property.Set is not null && !property.Set.IsUndefined() ? "[Getter/Setter]" : "[Getter]";
        else if (property.Set is not null && !property.Set.IsUndefined())
            text = "[Setter]";
        else
            text = Value(property.Value ?? JsValue.Undefined, depth + 1);
        _indentation -= 2;
        return $"{Name(key, property)}: {text}";
    }

    private string Name(JsValue key, PropertyDescriptor property)
    {
        string name = key.IsSymbol() ? $"[{key}]" : QuotedText.IsIdentifier(key.AsString()) ? key.AsString() : QuotedText.Of(key.AsString());
        _written += name.Length;
        return property.Enumerable ? name : key.IsSymbol() ? name : $"[{key.AsString()}]";
    }

    private void Items(List<string> parts, int depth, ObjectInstance array, uint length)
    {
        uint index = 0;
        while (index < length && parts.Count < options.MaxItems)
        {
            budget.Check();
            string name = index.ToString(CultureInfo.InvariantCulture);
            if (array.HasOwnProperty(name))
            {
                parts.Add(Inner(array.Get(name), depth));
                index++;
                continue;
            }

            uint hole = index;
            while (index < length && !array.HasOwnProperty(index.ToString(CultureInfo.InvariantCulture)))
            {
                budget.Check();
                index++;
            }

            parts.Add(string.Create(CultureInfo.InvariantCulture, $"<{index - hole} empty item{(index - hole == 1 ? string.Empty : "s")}>"));
        }

        More(parts, length - index);
    }

    private void TypedItems(List<string> parts, JsTypedArray typed)
    {
        for (int index = 0; index < typed.Length && index < options.MaxItems; index++)
            parts.Add(Written(Primitive(typed[index])));
        More(parts, typed.Length - (double)parts.Count);
    }

    private void Entries(List<string> parts, int depth, JsMap map)
    {
        foreach (var (key, value) in map)
        {
            if (parts.Count >= options.MaxItems)
                break;
            parts.Add($"{Inner(key, depth)} => {Inner(value, depth)}");
        }

        More(parts, map.Size - parts.Count);
    }

    private void Members(List<string> parts, int depth, JsSet set)
    {
        foreach (var value in set)
        {
            if (parts.Count >= options.MaxItems)
                break;
            parts.Add(Inner(value, depth));
        }

        More(parts, set.Size - parts.Count);
    }

    private static void More(List<string> parts, double more)
    {
        if (more > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"... {more} more item{(more > 1 ? "s" : string.Empty)}"));
    }

    private string Inner(JsValue value, int depth)
    {
        _indentation += 2;
        string text = Value(value, depth + 1);
        _indentation -= 2;
        return text;
    }

    private static bool IsNumeric(ArrayInstance array, uint length)
    {
        // Larger arrays are not shown whole, and their items are checked when they are shown.
        for (uint index = 0; index < Math.Min(length, 1000); index++)
        {
            if (!array.TryGetValue(index, out var item) || (!item.IsNumber() && !item.IsBigInt()))
                return false;
        }

        return true;
    }

    private void Contents(List<string> parts, ObjectInstance buffer)
    {
        var bytes = BufferBytes.Of(buffer)!.Value;
        const int shown = 50;
        string text = string.Join(' ', Convert.ToHexStringLower(bytes.Span[..Math.Min(bytes.Length, shown)]).Chunk(2).Select(static pair => new string(pair)));
        string more = bytes.Length > shown ? string.Create(CultureInfo.InvariantCulture, $" ... {bytes.Length - shown} more byte{(bytes.Length - shown > 1 ? "s" : string.Empty)}") : string.Empty;
        parts.Add($"[Uint8Contents]: <{text}{more}>");
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"byteLength: {bytes.Length}"));
    }

    private static string DateText(JsDate date) =>
        double.IsNaN(date.DateValue) ? "Invalid Date" : date.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string FunctionName(Function function, string? name, string tag)
    {
        var own = function.GetOwnProperty("name").Value;
        string? called = own is not null && own.IsString() && own.AsString().Length > 0 ? own.AsString() : null;
        if (IsClass(function))
        {
            string parent = function.Prototype is Function { } super && super.GetOwnProperty("name").Value is { } from && from.IsString() && from.AsString().Length > 0
                ? $" extends {from.AsString()}"
                : string.Empty;
            return $"[class {called ?? "(anonymous)"}{parent}]";
        }

        string kind = tag is "GeneratorFunction" or "AsyncFunction" or "AsyncGeneratorFunction" ? tag : name is "GeneratorFunction" or "AsyncFunction" or "AsyncGeneratorFunction" ? name : "Function";
        return called is null ? $"[{kind} (anonymous)]" : $"[{kind}: {called}]";
    }

    private static bool IsClass(Function function) =>
        function is ScriptFunction && function.GetOwnProperty("prototype") is { Writable: false } property && property != PropertyDescriptor.Undefined;

    private string ErrorText(ErrorInstance error, string? name, string tag, List<JsValue> keys)
    {
        var text = new ValueText(engine, budget, maxLength);
        string stack = text.StackOf(error) ?? text.Of(error);
        foreach (string hidden in (string[])["name", "message", "stack"])
            keys.RemoveAll(key => key.IsString() && key.AsString() == hidden && error.Get(hidden) is { } value && value.IsString() && stack.Contains(value.AsString(), StringComparison.Ordinal));
        if (error.HasOwnProperty("cause") && !keys.Any(static key => key.IsString() && key.AsString() == "cause"))
            keys.Add("cause");
        if (error.HasOwnProperty("errors") && !keys.Any(static key => key.IsString() && key.AsString() == "errors"))
            keys.Add("errors");
        if (!stack.Contains("\n    at", StringComparison.Ordinal))
            stack = $"[{stack}]";
        return _indentation == 0 ? stack : stack.Replace("\n", $"\n{new string(' ', _indentation)}", StringComparison.Ordinal);
    }

    private (string Name, JsValue Value)? Wrapped(ObjectInstance instance)
    {
        foreach (string name in Wrappers)
        {
            try
            {
                return (name, engine.Call(engine.Global.Get(name).Get("prototype").Get("valueOf"), instance, []));
            }
            catch (JavaScriptException)
            {
                // The value is no such wrapper.
            }
        }

        return null;
    }
}
