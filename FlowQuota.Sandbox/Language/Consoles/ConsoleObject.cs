using System.Diagnostics;
using System.Globalization;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Array;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>
/// The code's <c>console</c>. Everything is written to the run's log, without levels and without a second stream. A method is
/// made when the code first names it.
/// </summary>
internal sealed class ConsoleObject(RunLog log, RunBudget budget, ConsoleFormat format)
{
    private const string DefaultLabel = "default";
    private const int MaxRows = 1000;

    private static readonly JsObjectShape Shape = new JsObjectShape.Builder()
        .PerRealmSlot("log", static owner => Of(owner).Writing(owner, "log"))
        .PerRealmSlot("info", static owner => Of(owner).Writing(owner, "info"))
        .PerRealmSlot("warn", static owner => Of(owner).Writing(owner, "warn"))
        .PerRealmSlot("error", static owner => Of(owner).Writing(owner, "error"))
        .PerRealmSlot("debug", static owner => Of(owner).Writing(owner, "debug"))
        .PerRealmSlot("trace", static owner => Of(owner).Method(owner, "trace", static (console, arguments) => console.Trace(arguments)))
        .PerRealmSlot("dir", static owner => Of(owner).Method(owner, "dir", static (console, arguments) => console.Dir(arguments)))
        .PerRealmSlot("dirxml", static owner => Of(owner).Writing(owner, "dirxml"))
        .PerRealmSlot("table", static owner => Of(owner).Method(owner, "table", static (console, arguments) => console.Table(arguments)))
        .PerRealmSlot("assert", static owner => Of(owner).Method(owner, "assert", static (console, arguments) => console.Assert(arguments)))
        .PerRealmSlot("group", static owner => Of(owner).Method(owner, "group", static (console, arguments) => console.Group(arguments)))
        .PerRealmSlot("groupCollapsed", static owner => Of(owner).Method(owner, "groupCollapsed", static (console, arguments) => console.Group(arguments)))
        .PerRealmSlot("groupEnd", static owner => Of(owner).Method(owner, "groupEnd", static (console, _) => console._groups = Math.Max(0, console._groups - 1)))
        .PerRealmSlot("time", static owner => Of(owner).Method(owner, "time", static (console, arguments) => console.Time(arguments)))
        .PerRealmSlot("timeLog", static owner => Of(owner).Method(owner, "timeLog", static (console, arguments) => console.TimeLog(arguments)))
        .PerRealmSlot("timeEnd", static owner => Of(owner).Method(owner, "timeEnd", static (console, arguments) => console.TimeEnd(arguments)))
        .PerRealmSlot("count", static owner => Of(owner).Method(owner, "count", static (console, arguments) => console.Count(arguments)))
        .PerRealmSlot("countReset", static owner => Of(owner).Method(owner, "countReset", static (console, arguments) => console.CountReset(arguments)))
        .PerRealmSlot("clear", static owner => Of(owner).Method(owner, "clear", static (_, _) => { }))
        .Build();

    private readonly Dictionary<string, long> _started = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private int _groups;

    /// <summary>Makes it, in one engine.</summary>
    public JsValue In(Engine engine)
    {
        var console = Shape.Instantiate(engine);
        JsObjectShape.SetHostState(console, this);
        return console;
    }

    private static ConsoleObject Of(ObjectInstance owner) => (ConsoleObject)JsObjectShape.GetHostState(owner)!;

    private ClrFunction Method(ObjectInstance owner, string name, Action<ConsoleObject, JsValue[]> method) => new(owner.Engine, name, (_, arguments) =>
    {
        budget.Check();
        method(this, arguments);
        return JsValue.Undefined;
    });

    // Formatting may run the code's own getters, so it happens even if the line is not kept.
    private ClrFunction Writing(ObjectInstance owner, string name) => new(owner.Engine, name, (_, arguments) =>
    {
        Write(format.Of(arguments));
        return JsValue.Undefined;
    });

    private void Write(string line)
    {
        if (_groups > 0)
            line = Indented(line);
        log.Add(line);
    }

    private string Indented(string line)
    {
        string margin = new string(' ', 2 * Math.Min(_groups, 100));
        int lines = 1 + line.AsSpan().Count('\n');
        budget.Require(sizeof(char) * (line.Length + ((double)margin.Length * lines)));
        return margin + line.Replace("\n", $"\n{margin}", StringComparison.Ordinal);
    }

    private void Trace(JsValue[] arguments) => Write(arguments.Length == 0 ? "Trace" : $"Trace: {format.Of(arguments)}");

    private void Dir(JsValue[] arguments)
    {
        var value = At(arguments, 0);
        var options = new InspectOptions();
        if (At(arguments, 1) is ObjectInstance given)
        {
            options = options with
            {
                Depth = given.Get("depth") is { } depth && !depth.IsUndefined() ? (depth.IsNull() ? double.PositiveInfinity : TypeConverter.ToNumber(depth)) : options.Depth,
                ShowHidden = TypeConverter.ToBoolean(given.Get("showHidden")),
            };
        }

        Write(format.Inspect(value, options));
    }

    private void Assert(JsValue[] arguments)
    {
        if (arguments.Length > 0 && TypeConverter.ToBoolean(arguments[0]))
            return;
        if (arguments.Length < 2)
            Write("Assertion failed");
        else if (arguments[1].IsString())
            Write(format.Of([$"Assertion failed: {arguments[1].AsString()}", .. Rest(arguments, 2)]));
        else
            Write($"Assertion failed: {format.Of(Rest(arguments, 1))}");
    }

    private void Group(JsValue[] arguments)
    {
        if (arguments.Length > 0)
            Write(format.Of(arguments));
        _groups++;
    }

    private void Time(JsValue[] arguments) => _started.TryAdd(Label(arguments), Stopwatch.GetTimestamp());

    private void TimeLog(JsValue[] arguments) => WriteTime(Label(arguments), Rest(arguments, 1));

    private void TimeEnd(JsValue[] arguments)
    {
        string label = Label(arguments);
        WriteTime(label, []);
        _started.Remove(label);
    }

    private void WriteTime(string label, ReadOnlySpan<JsValue> more)
    {
        if (!_started.TryGetValue(label, out long started))
        {
            Write($"Warning: No such label '{label}' for console.timeEnd()");
            return;
        }

        string line = $"{label}: {Duration(Stopwatch.GetElapsedTime(started))}";
        Write(more.Length == 0 ? line : $"{line} {format.Of(more)}");
    }

    // No run takes minutes.
    private static string Duration(TimeSpan time) => time.TotalSeconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.000}s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.###}ms");

    private void Count(JsValue[] arguments)
    {
        string label = Label(arguments);
        _counts[label] = _counts.GetValueOrDefault(label) + 1;
        Write(string.Create(CultureInfo.InvariantCulture, $"{label}: {_counts[label]}"));
    }

    private void CountReset(JsValue[] arguments) => _counts.Remove(Label(arguments));

    private void Table(JsValue[] arguments)
    {
        if (At(arguments, 0) is not ObjectInstance data || data.IsCallable())
        {
            Write(format.Of(((ReadOnlySpan<JsValue>)arguments)[..Math.Min(1, arguments.Length)]));
            return;
        }

        Write(ConsoleTable.Draw(data switch
        {
            JsMap map => OfMap(map),
            JsSet set => OfSet(set),
            _ => OfObject(data, At(arguments, 1) as ArrayInstance),
        }));
    }

    private List<IReadOnlyList<string>> OfMap(JsMap map)
    {
        List<IReadOnlyList<string>> rows = [["(iteration index)", "Key", "Values"]];
        foreach (var (key, value) in map)
        {
            if (rows.Count > MaxRows)
                break;
            rows.Add([Index(rows.Count - 1), Cell(key), Cell(value)]);
        }

        return rows;
    }

    private List<IReadOnlyList<string>> OfSet(JsSet set)
    {
        List<IReadOnlyList<string>> rows = [["(iteration index)", "Values"]];
        foreach (var value in set)
        {
            if (rows.Count > MaxRows)
                break;
            rows.Add([Index(rows.Count - 1), Cell(value)]);
        }

        return rows;
    }

    private List<IReadOnlyList<string>> OfObject(ObjectInstance data, ArrayInstance? only)
    {
        List<string> columns = only is null ? [] : [.. only.Select(TypeConverter.ToString)];
        List<(string Index, Dictionary<string, string> Cells, string? Value)> items = [];
        foreach (var key in EnumerableKeys(data).Take(MaxRows))
        {
            var item = data.Get(key);
            Dictionary<string, string> cells = new(StringComparer.Ordinal);
            if (item is ObjectInstance instance)
            {
                foreach (var property in only is null ? EnumerableKeys(instance).Take(MaxRows) : [.. columns.Select(static column => (JsValue)column).Where(instance.HasOwnProperty)])
                {
                    string name = property.AsString();
                    if (only is null && !columns.Contains(name))
                        columns.Add(name);
                    cells[name] = Cell(instance.Get(property));
                }
            }

            items.Add((key.AsString(), cells, item is ObjectInstance || only is not null ? null : Cell(item)));
        }

        bool hasValues = items.Any(static item => item.Value is not null);
        List<IReadOnlyList<string>> rows = [hasValues ? ["(index)", .. columns, "Values"] : ["(index)", .. columns]];
        foreach (var (index, cells, value) in items)
        {
            var row = columns.Select(column => cells.GetValueOrDefault(column, string.Empty));
            rows.Add(hasValues ? [index, .. row, value ?? string.Empty] : [index, .. row]);
        }

        return rows;
    }

    private static List<JsValue> EnumerableKeys(ObjectInstance instance) =>
        [.. instance.GetOwnPropertyKeys(Types.String).Where(key => instance.GetOwnProperty(key).Enumerable)];

    // An object in a cell is only named if it is large.
    private string Cell(JsValue value)
    {
        budget.Check();
        bool isLarge = value is ObjectInstance instance and not ArrayInstance && !instance.IsCallable() && EnumerableKeys(instance).Count > 2;
        return format.Inspect(value, new InspectOptions(Depth: isLarge ? -1 : 0, MaxItems: 3, LineLength: int.MaxValue));
    }

    private static string Index(int index) => index.ToString(CultureInfo.InvariantCulture);

    private static string Label(JsValue[] arguments) => At(arguments, 0).IsUndefined() ? DefaultLabel : TypeConverter.ToString(arguments[0]);

    // The engine's arrays may be of a narrower type, which a span that can be written refuses.
    private static ReadOnlySpan<JsValue> Rest(JsValue[] arguments, int start) =>
        ((ReadOnlySpan<JsValue>)arguments)[Math.Min(start, arguments.Length)..];

    private static JsValue At(JsValue[] arguments, int index) => index < arguments.Length ? arguments[index] : JsValue.Undefined;
}
