using System.Text;
using FlowQuota.Sandbox.Guards;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Function;
using Jint.Native.Object;
using Jint.Runtime;

namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>The text of the arguments of <c>console.log</c>: the first may format others with <c>%s</c> and the like.</summary>
internal sealed class ConsoleFormat(Engine engine, RunBudget budget, ValueText text, int maxLength)
{
    /// <summary>All arguments in one text.</summary>
    public string Of(ReadOnlySpan<JsValue> arguments)
    {
        if (arguments.Length == 1)
            return text.Of(arguments[0]);
        var line = new StringBuilder();
        int taken = 0;
        if (arguments.Length > 1 && arguments[0].IsString())
        {
            string template = arguments[0].AsString();
            taken = 1;
            if (template.Contains('%', StringComparison.Ordinal))
                taken += Fill(line, template, arguments[1..]);
            else
                line.Append(template);
        }

        for (int i = taken; i < arguments.Length; i++)
        {
            if (i > 0)
                line.Append(' ');
            Append(line, text.Of(arguments[i]));
        }

        return line.ToString();
    }

    /// <summary>A value as <c>console.dir</c> shows it.</summary>
    public string Inspect(JsValue value, InspectOptions options) => new Inspection(engine, budget, options, maxLength).Of(value);

    // How many values the template took.
    private int Fill(StringBuilder line, string template, ReadOnlySpan<JsValue> values)
    {
        var (taken, start) = (0, 0);
        for (int i = 0; i + 1 < template.Length; i++)
        {
            if (template[i] != '%')
                continue;
            char kind = template[i + 1];
            if (kind == '%')
            {
                line.Append(template, start, i + 1 - start);
            }
            else if (taken < values.Length && "sdifjoOc".Contains(kind, StringComparison.Ordinal))
            {
                line.Append(template, start, i - start);
                Append(line, Format(kind, values[taken++]));
            }
            else
            {
                continue;
            }

            start = i + 2;
            i++;
        }

        line.Append(template, start, template.Length - start);
        return taken;
    }

    // Arguments may be as long as memory allows, and be named many times.
    private void Append(StringBuilder line, string part)
    {
        budget.Require(((double)line.Length + part.Length) * sizeof(char));
        line.Append(part);
    }

    private string Format(char kind, JsValue value) => kind switch
    {
        's' => AsText(value),
        'd' => value.IsBigInt() ? $"{value}n" : value.IsSymbol() ? "NaN" : Inspection.Number(TypeConverter.ToJsNumber(value is ObjectInstance ? TypeConverter.ToPrimitive(value, Types.Number) : value)),
        'i' => value.IsBigInt() ? $"{value}n" : Parsed("parseInt", value),
        'f' => Parsed("parseFloat", value),
        'j' => AsJson(value),
        'o' => Inspect(value, new InspectOptions(Depth: 4, ShowHidden: true)),
        'O' => Inspect(value, new InspectOptions()),
        _ => string.Empty,
    };

    private string Parsed(string function, JsValue value) =>
        value.IsSymbol() ? "NaN" : Inspection.Number(engine.Call(engine.Global.Get("Number").Get(function), value));

    private string AsText(JsValue value) => value switch
    {
        _ when value.IsNumber() => Inspection.Number(value),
        _ when value.IsBigInt() => $"{value}n",
        _ when value.IsSymbol() => value.ToString(),
        Function => TypeConverter.ToString(value),
        ObjectInstance instance when !HasOwnText(instance) => Inspect(value, new InspectOptions(Depth: 0)),
        _ => TypeConverter.ToString(value),
    };

    // Whether the code gave the object, or its class, a toString.
    private bool HasOwnText(ObjectInstance instance)
    {
        for (var place = instance; place is not null && !ReferenceEquals(place, engine.Intrinsics.Object.PrototypeObject); place = place.Prototype)
        {
            budget.Check();
            if (place.HasOwnProperty("toString"))
                return place.Get("toString") is ScriptFunction;
        }

        return false;
    }

    private string AsJson(JsValue value)
    {
        try
        {
            return BoundedJson.Write(engine, budget, value, maxLength) ?? "undefined";
        }
        catch (JavaScriptException circular) when (circular.Message.Contains("circular", StringComparison.OrdinalIgnoreCase))
        {
            return "[Circular]";
        }
        catch (JsonTooLongException)
        {
            return "[object, too large to print]";
        }
    }
}
