using System.Globalization;
using System.Text;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Array;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The native functions behind <c>URL</c> and <c>URLSearchParams</c>.</summary>
internal sealed class UrlFunctions(Engine engine, RunBudget budget)
{
    // A character may become nine: three bytes, each with its percent sign. The parts are made in addition.
    private const int BytesPerChar = 40;

    /// <summary>The functions that the library calls.</summary>
    public JsValue Functions()
    {
        var functions = new JsObject(engine);
        functions.FastSetDataProperty("parse", new ClrFunction(engine, "parse", (_, arguments) => Parse(arguments)));
        functions.FastSetDataProperty("get", new ClrFunction(engine, "get", static (_, arguments) => Get(Url(arguments), arguments[1].AsString())));
        functions.FastSetDataProperty("set", new ClrFunction(engine, "set", (_, arguments) => Set(Url(arguments), arguments[1].AsString(), Text(arguments[2]))));
        functions.FastSetDataProperty("setQuery", new ClrFunction(engine, "setQuery", static (_, arguments) => SetQuery(Url(arguments), arguments[1])));
        functions.FastSetDataProperty("parseForm", new ClrFunction(engine, "parseForm", (_, arguments) => ParseForm(Text(arguments[0]))));
        functions.FastSetDataProperty("writeForm", new ClrFunction(engine, "writeForm", (_, arguments) => WriteForm((ArrayInstance)arguments[0])));
        return functions;
    }

    private static UrlRecord Url(JsValue[] arguments) => ((UrlHandle)arguments[0]).Url;

    private string Text(JsValue value)
    {
        string text = SafeText.Truncate(value.AsString(), int.MaxValue);
        budget.Require((double)text.Length * BytesPerChar);
        return text;
    }

    private JsValue Parse(JsValue[] arguments)
    {
        UrlRecord? relativeTo = null;
        if (!arguments[1].IsUndefined())
        {
            relativeTo = UrlParser.Parse(Text(arguments[1]), null);
            if (relativeTo is null)
                return JsValue.Null;
        }

        return UrlParser.Parse(Text(arguments[0]), relativeTo) is { } url ? new UrlHandle(engine, url) : JsValue.Null;
    }

    private static JsValue Get(UrlRecord url, string part) => part switch
    {
        "href" => url.Href,
        "origin" => url.Origin,
        "protocol" => $"{url.Scheme}:",
        "username" => url.Username,
        "password" => url.Password,
        "host" => url.HostAndPort,
        "hostname" => url.Host ?? string.Empty,
        "port" => url.Port?.ToString(CultureInfo.InvariantCulture) ?? string.Empty,
        "pathname" => url.PathText,
        "search" => string.IsNullOrEmpty(url.Query) ? string.Empty : $"?{url.Query}",
        "hash" => string.IsNullOrEmpty(url.Fragment) ? string.Empty : $"#{url.Fragment}",
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, null),
    };

    // False if the whole URL was to be replaced and the text is not a URL.
    private static JsBoolean Set(UrlRecord url, string part, string value)
    {
        switch (part)
        {
            case "href":
                if (UrlParser.Parse(value, null) is not { } other)
                    return JsBoolean.False;
                url.Become(other);
                break;
            case "protocol":
                UrlParser.Set(url, $"{value}:", UrlState.SchemeStart);
                break;
            case "username" when !url.CannotHaveCredentials:
                url.Username = PercentEncoding.Encode(value, PercentEncoding.IsInUserInfoSet);
                break;
            case "password" when !url.CannotHaveCredentials:
                url.Password = PercentEncoding.Encode(value, PercentEncoding.IsInUserInfoSet);
                break;
            case "host" when url.OpaquePath is null:
                UrlParser.Set(url, value, UrlState.Host);
                break;
            case "hostname" when url.OpaquePath is null:
                UrlParser.Set(url, value, UrlState.Hostname);
                break;
            case "port" when !url.CannotHaveCredentials && value.Length == 0:
                url.Port = null;
                break;
            case "port" when !url.CannotHaveCredentials:
                UrlParser.Set(url, value, UrlState.Port);
                break;
            case "pathname" when url.OpaquePath is null:
                url.Path = [];
                UrlParser.Set(url, value, UrlState.PathStart);
                break;
            case "search":
                url.Query = Emptied(value);
                if (value.Length > 0)
                    UrlParser.Set(url, WithoutFirst(value, '?'), UrlState.Query);
                break;
            case "hash":
                url.Fragment = Emptied(value);
                if (value.Length > 0)
                    UrlParser.Set(url, WithoutFirst(value, '#'), UrlState.Fragment);
                break;
        }

        return JsBoolean.True;
    }

    private static string? Emptied(string value) => value.Length == 0 ? null : string.Empty;

    private static string WithoutFirst(string value, char mark) => value.StartsWith(mark) ? value[1..] : value;

    private static JsValue SetQuery(UrlRecord url, JsValue query)
    {
        url.Query = query.AsString() is { Length: > 0 } text ? text : null;
        return JsValue.Undefined;
    }

    private JsArray ParseForm(string text)
    {
        var list = new JsArray(engine, []);
        foreach (var (name, value) in FormEncoding.Parse(text))
        {
            budget.Check();
            list.Push(new JsArray(engine, [name, value]));
        }

        return list;
    }

    private JsValue WriteForm(ArrayInstance list)
    {
        var text = new StringBuilder();
        foreach (var pair in list)
        {
            budget.Check();
            var (name, value) = (pair.Get(0).AsString(), pair.Get(1).AsString());
            budget.Require((((double)name.Length + value.Length) * BytesPerChar) + (text.Length * 2.0));
            FormEncoding.Append(text, SafeText.Truncate(name, int.MaxValue), SafeText.Truncate(value, int.MaxValue));
        }

        return text.ToString();
    }
}
