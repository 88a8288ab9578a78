using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>
/// <c>toLocaleString</c> and the similar methods of dates, and <c>Intl.DateTimeFormat</c>, with each language's order,
/// punctuation and zeros, as in Node.js. Fields that <see cref="DatePatterns"/> does not have are left to the engine.
/// </summary>
internal sealed class LocaleDates(Engine engine, RunBudget budget) : ProxyHandler
{
    private static readonly string[] DateOptions = ["weekday", "year", "month", "day"];
    private static readonly string[] TimeOptions = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
    private static readonly string[] Styles = ["dateStyle", "timeStyle"];

    // The engine does not say whether the code chose the hours or the language did.
    private readonly ConditionalWeakTable<JsValue, string> _hours = [];
    private ObjectInstance _constructor = null!;
    private JsValue _guarded = JsValue.Undefined;
    private JsValue _resolvedOptions = JsValue.Undefined;
    private JsValue _format = JsValue.Undefined;

    /// <summary>Sets up one engine.</summary>
    public void Install()
    {
        var intl = (ObjectInstance)engine.Global.Get("Intl");
        _constructor = (ObjectInstance)intl.Get("DateTimeFormat");
        var formats = (ObjectInstance)_constructor.Get("prototype");
        _resolvedOptions = formats.Get("resolvedOptions");
        _format = formats.GetOwnProperty("format").Get!;
        formats.DefineOwnProperty("format", new GetSetPropertyDescriptor(
            new ClrFunction(engine, "get format", (format, _) => Formatter(format)), JsValue.Undefined, enumerable: false, configurable: true));
        _guarded = engine.Advanced.CreateProxy(_constructor, this);
        intl.DefineOwnProperty("DateTimeFormat", new PropertyDescriptor(_guarded, PropertyFlag.NonEnumerable));
        formats.Set("constructor", _guarded);
        Replace(formats, "formatToParts", 1, original => (format, arguments) => Parts(original, format, arguments));

        var dates = (ObjectInstance)engine.Global.Get("Date").Get("prototype");
        Replace(dates, "toLocaleString", 0, original => (date, arguments) =>
            ToText(original, date, arguments, wanted: [.. DateOptions, .. TimeOptions], refused: null, ["year", "month", "day", "hour", "minute", "second"]));
        Replace(dates, "toLocaleDateString", 0, original => (date, arguments) =>
            ToText(original, date, arguments, DateOptions, "timeStyle", ["year", "month", "day"]));
        Replace(dates, "toLocaleTimeString", 0, original => (date, arguments) =>
            ToText(original, date, arguments, TimeOptions, "dateStyle", ["hour", "minute", "second"]));
    }

    /// <inheritdoc />
    public override ObjectInstance? Construct(ObjectInstance target, JsValue[] arguments, JsValue newTarget) =>
        newTarget == _guarded ? Create(At(arguments, 0), At(arguments, 1)) : null;

    /// <inheritdoc />
    public override JsValue? Apply(ObjectInstance target, JsValue thisObject, JsValue[] arguments) => Create(At(arguments, 0), At(arguments, 1));

    private ObjectInstance Create(JsValue locales, JsValue options)
    {
        var format = engine.Construct(_constructor, [locales, options]);
        if (options is ObjectInstance given)
        {
            string? choice = DateFields.TextOf(given, "hour12") is { } halfDay ? (TypeConverter.ToBoolean(given.Get("hour12")) ? "12" : "24") : DateFields.TextOf(given, "hourCycle");
            if (choice is not null)
                _hours.AddOrUpdate(format, choice);
        }

        return format;
    }

    private void Replace(ObjectInstance owner, string name, int length, Func<JsValue, Func<JsValue, JsValue[], JsValue>> replacement) => owner.DefineOwnProperty(
        name, new PropertyDescriptor(new ClrFunction(engine, name, replacement(owner.Get(name)), length), PropertyFlag.NonEnumerable));

    // A bound function, as the specification has it.
    private ClrFunction Formatter(JsValue format)
    {
        var original = engine.Call(_format, format, []);
        return new ClrFunction(engine, string.Empty, (_, arguments) =>
            PartsOf(format, At(arguments, 0)) is { } parts ? string.Concat(parts.Select(static part => part.Text)) : engine.Call(original, JsValue.Undefined, arguments), 1);
    }

    private JsValue Parts(JsValue original, JsValue format, JsValue[] arguments)
    {
        if (PartsOf(format, At(arguments, 0)) is not { } parts)
            return engine.Call(original, format, arguments);
        return new JsArray(engine, [.. parts.Select(JsValue (part) =>
        {
            var shown = new JsObject(engine);
            shown.FastSetDataProperty("type", part.Type);
            shown.FastSetDataProperty("value", part.Text);
            return shown;
        })]);
    }

    private JsValue ToText(JsValue original, JsValue date, JsValue[] arguments, string[] wanted, string? refused, string[] defaults)
    {
        budget.Check();
        var (locales, options) = (At(arguments, 0), At(arguments, 1));
        if (date is not JsDate known || (options is not ObjectInstance && !options.IsUndefined()))
            return engine.Call(original, date, arguments);
        if (refused is not null && IsGiven(options, refused))
            throw new JavaScriptException(engine.Intrinsics.TypeError, $"Invalid option : {refused}");
        if (double.IsNaN(known.DateValue))
            return "Invalid Date";
        if (!wanted.Concat(Styles).Any(name => IsGiven(options, name)))
        {
            // The code's own object stays as it is.
            var completed = new JsObject(engine) { Prototype = options as ObjectInstance ?? engine.Intrinsics.Object.PrototypeObject };
            foreach (string name in defaults)
                completed.FastSetDataProperty(name, "numeric");
            options = completed;
        }

        return engine.Call(Formatter(Create(locales, options)), JsValue.Undefined, [date]);
    }

    private static bool IsGiven(JsValue options, string name) => options is ObjectInstance given && !given.Get(name).IsUndefined();

    // The parts of a date's text; null if the engine has to make it.
    private List<(string Type, string Text)>? PartsOf(JsValue format, JsValue date)
    {
        budget.Check();
        if (engine.Call(_resolvedOptions, format, []) is not ObjectInstance resolved || DateFields.Read(resolved, _hours.TryGetValue(format, out string? hours) ? hours : null) is not { } fields)
            return null;
        if (CultureOf(DateFields.TextOf(resolved, "locale")) is not { } culture || DatePatterns.Of(culture)?.For(fields) is not { } pattern)
            return null;
        return InstantOf(date) is { } instant && ZoneOf(DateFields.TextOf(resolved, "timeZone")) is { } zone
            ? Split(pattern, TimeZoneInfo.ConvertTime(instant, zone).DateTime, culture)
            : null;
    }

    private static DateTimeOffset? InstantOf(JsValue date)
    {
        double milliseconds = date switch
        {
            JsDate known => known.DateValue,
            _ when date.IsNumber() => date.AsNumber(),
            _ when date.IsUndefined() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            _ => double.NaN,
        };
        // A day within what .NET can hold, so that no zone leaves it.
        return milliseconds > DateTimeOffset.MinValue.AddDays(1).ToUnixTimeMilliseconds() && milliseconds < DateTimeOffset.MaxValue.AddDays(-1).ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds)
            : null;
    }

    private static CultureInfo? CultureOf(string? locale)
    {
        try
        {
            return locale is null || locale.Contains("-u-", StringComparison.Ordinal) ? null : CultureInfo.GetCultureInfo(locale);
        }
        catch (CultureNotFoundException)
        {
            return null;
        }
    }

    private static TimeZoneInfo? ZoneOf(string? zone) => zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : null;

    private static List<(string Type, string Text)> Split(string pattern, DateTime time, CultureInfo culture)
    {
        List<(string Type, string Text)> parts = [];
        var literal = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; i < pattern.Length;)
        {
            char letter = pattern[i];
            int length = 1;
            if (letter == '\'')
            {
                isQuoted = !isQuoted;
            }
            else if (isQuoted || !"yMdhHkKmst".Contains(letter, StringComparison.Ordinal))
            {
                // Node.js has a plain space in place of its source's narrow one.
                literal.Append(letter == '\u202f' ? ' ' : letter);
            }
            else
            {
                while (i + length < pattern.Length && pattern[i + length] == letter)
                    length++;
                AddLiteral();
                parts.Add(Field(letter, length, time, culture.DateTimeFormat, pattern));
            }

            i += length;
        }

        AddLiteral();
        return parts;

        void AddLiteral()
        {
            if (literal.Length > 0)
                parts.Add(("literal", literal.ToString()));
            literal.Clear();
        }
    }

    // Beside .NET's letters, as the source of its patterns has them: k from 1 to 24, K from 0 to 11.
    private static (string Type, string Text) Field(char letter, int length, DateTime time, DateTimeFormatInfo format, string pattern) => (letter, length) switch
    {
        ('y', 2) => ("year", Number(time.Year % 100, 2)),
        ('y', _) => ("year", Number(time.Year, 1)),
        ('M', 4) => ("month", (pattern.Contains('d', StringComparison.Ordinal) ? format.MonthGenitiveNames : format.MonthNames)[time.Month - 1]),
        ('M', 3) => ("month", format.AbbreviatedMonthGenitiveNames[time.Month - 1]),
        ('M', _) => ("month", Number(time.Month, length)),
        ('d', 4) => ("weekday", format.GetDayName(time.DayOfWeek)),
        ('d', 3) => ("weekday", format.GetAbbreviatedDayName(time.DayOfWeek)),
        ('d', _) => ("day", Number(time.Day, length)),
        ('h', _) => ("hour", Number(time.Hour % 12 is var hour && hour == 0 ? 12 : hour, length)),
        ('K', _) => ("hour", Number(time.Hour % 12, length)),
        ('H', _) => ("hour", Number(time.Hour, length)),
        ('k', _) => ("hour", Number(time.Hour == 0 ? 24 : time.Hour, length)),
        ('m', _) => ("minute", Number(time.Minute, length)),
        ('s', _) => ("second", Number(time.Second, length)),
        _ => ("dayPeriod", time.Hour < 12 ? format.AMDesignator : format.PMDesignator),
    };

    private static string Number(int value, int digits) => value.ToString($"D{digits}", CultureInfo.InvariantCulture);

    private static JsValue At(JsValue[] arguments, int index) => index < arguments.Length ? arguments[index] : JsValue.Undefined;
}
