using System.Text;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Guards;

/// <summary>
/// <c>String.prototype.replace</c> and <c>replaceAll</c> within the budget. If the result could be large, the replacement
/// text is passed as a function. The engine calls it at each match, so it can stop the run; it expands the text as the
/// specification's GetSubstitution does.
/// </summary>
internal sealed class GuardedReplace(RunBudget budget, string template)
{
    private const int BytesPerChar = 2;

    private const int LongText = 256;

    private double _written;

    /// <summary>Calls the built-in.</summary>
    public static JsValue Call(RunBudget budget, Engine engine, JsValue original, JsValue text, JsValue[] arguments)
    {
        if (arguments.Length < 2 || text.IsNull() || text.IsUndefined() || arguments[1].IsCallable())
            return engine.Call(original, text, arguments);

        string self = TypeConverter.ToString(text);
        string template = TypeConverter.ToString(arguments[1]);
        if (IsHarmless(budget, self.Length, arguments[0], template))
            return engine.Call(original, self, [arguments[0], template]);

        var guarded = new GuardedReplace(budget, template);
        return engine.Call(original, self, [arguments[0], new ClrFunction(engine, string.Empty, guarded.Substitute)]);
    }

    // The engine is faster, so it does the work if the result cannot become large. With references and a regular expression
    // it is slower, because it copies the whole text at each match.
    private static bool IsHarmless(RunBudget budget, int length, JsValue pattern, string template)
    {
        bool isRegExp = pattern is JsRegExp;
        if (isRegExp && length > LongText && template.Contains('$', StringComparison.Ordinal))
            return false;
        double references = isRegExp
            ? template.Count('$')
            : template.AsSpan().Count("$&") + template.AsSpan().Count("$`") + template.AsSpan().Count("$'");
        return (length + 1.0) * (template.Length + (references * length)) * BytesPerChar <= budget.MemoryLeft / 2.0;
    }

    // (match, group 1 … group n, position, text[, named groups])
    private JsValue Substitute(JsValue self, JsValue[] arguments)
    {
        budget.Check();
        var groups = arguments[^1] as ObjectInstance;
        int last = arguments.Length - (groups is null ? 1 : 2);
        var match = new MatchedText(
            arguments[0].AsString(), arguments.AsSpan(1, last - 2), (int)arguments[last - 1].AsNumber(), arguments[last].AsString(), groups);
        string text = template.Contains('$', StringComparison.Ordinal) ? Expand(match) : template;
        Charge(text.Length);
        return text;
    }

    private string Expand(MatchedText match)
    {
        var expanded = new StringBuilder();
        for (var rest = template.AsSpan(); !rest.IsEmpty;)
        {
            int dollar = rest.IndexOf('$');
            if (dollar < 0)
            {
                expanded.Append(rest);
                break;
            }

            expanded.Append(rest[..dollar]);
            var piece = match.Reference(rest[dollar..], out int consumed);
            budget.Require(BytesPerChar * ((double)expanded.Length + piece.Length));
            expanded.Append(piece);
            rest = rest[(dollar + consumed)..];
        }

        return expanded.ToString();
    }

    private void Charge(int length)
    {
        _written += length;
        budget.Require(_written * BytesPerChar);
    }
}
