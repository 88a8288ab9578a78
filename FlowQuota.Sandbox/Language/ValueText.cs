using FlowQuota.Sandbox.Guards;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Error;
using Jint.Native.Function;
using Jint.Native.Object;
using Jint.Runtime;

namespace FlowQuota.Sandbox.Language;

/// <summary>
/// The text of a value in a log line or in an error's message: strings raw, objects as JSON, errors as they print
/// themselves. Code in the value (getters, <c>toJSON</c>, proxies) runs within the same limits. If it throws, only the kind
/// of the value is shown.
/// </summary>
internal sealed class ValueText(Engine engine, RunBudget budget, int maxLength)
{
    /// <summary>One value.</summary>
    /// <exception cref="ExecutionCanceledException">The run is at a limit.</exception>
    public string Of(JsValue value)
    {
        try
        {
            return value switch
            {
                _ when value.IsString() => value.AsString(),
                _ when value.IsBigInt() => $"{value}n",
                Function function => NameOf(function),
                ErrorInstance error => OfError(error),
                ObjectInstance => BoundedJson.Write(engine, budget, value, maxLength) ?? "undefined",
                _ => value.ToString(),
            };
        }
        catch (JavaScriptException)
        {
            return "[object]";
        }
        catch (JsonTooLongException)
        {
            return "[object, too large to print]";
        }
    }

    /// <summary>The stack's first lines: the error, then the calls that led to it; null if the value is no error.</summary>
    /// <exception cref="ExecutionCanceledException">The run is at a limit.</exception>
    public string? StackOf(JsValue thrown)
    {
        if (thrown is not ErrorInstance error)
            return null;
        try
        {
            var stack = error.Get("stack");
            return stack.IsString() && stack.AsString() is { Length: > 0 } frames ? Heading(OfError(error), frames) : null;
        }
        catch (JavaScriptException)
        {
            return null;
        }
    }

    private static string Heading(string message, string frames) =>
        frames.StartsWith(message, StringComparison.Ordinal) ? frames : $"{message}\n{frames.TrimStart('\n', '\r')}";

    private static string NameOf(Function function)
    {
        var name = function.Get("name");
        return name.IsString() && name.AsString() is { Length: > 0 } text ? $"[Function: {text}]" : "[Function (anonymous)]";
    }

    private static string OfError(ErrorInstance error)
    {
        string name = TextOf(error.Get("name"), "Error");
        string message = TextOf(error.Get("message"), string.Empty);
        if (message.Length == 0)
            return name;
        return name.Length == 0 ? message : $"{name}: {message}";
    }

    private static string TextOf(JsValue value, string otherwise) => value.IsUndefined() ? otherwise : TypeConverter.ToString(value);
}
