using System.Diagnostics;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>
/// The timers of one run, in the order in which they are due; those of the same instant in the order in which they were
/// set. The run waits for one after the other on its own thread.
/// </summary>
internal sealed class TimerQueue(Engine engine, RunBudget budget)
{
    // Longer delays are taken as the shortest, as in Node.js and browsers.
    private const double MaxDelay = int.MaxValue;

    private static readonly JsObjectShape HandleShape = new JsObjectShape.Builder()
        .Method("ref", static (handle, _) => handle)
        .Method("unref", static (handle, _) => handle)
        .Method("hasRef", static (handle, _) => JsBoolean.True)
        .PerRealmSlot("refresh", static owner => Of(owner).Method("refresh", Refresh))
        .PerRealmSlot("close", static owner => Of(owner).Method("close", Close))
        .Build();

    private readonly PriorityQueue<TimerHandle, (long Due, int Turn)> _due = new();
    private readonly Dictionary<int, TimerHandle> _active = [];
    private ObjectInstance? _prototype;
    private int _lastId;
    private int _turn;

    /// <summary><c>setTimeout</c> or <c>setInterval</c>.</summary>
    public JsValue Set(string name, JsValue[] arguments, bool repeats)
    {
        double milliseconds = arguments.Length > 1 ? TypeConverter.ToNumber(arguments[1]) : 0;
        if (milliseconds is not (>= 1 and <= MaxDelay))
            milliseconds = 1;
        return Start(name, arguments, 2, (long)(Math.Truncate(milliseconds) * Stopwatch.Frequency / 1000), repeats);
    }

    /// <summary><c>setImmediate</c>: a timer that is due now.</summary>
    public JsValue SetImmediate(JsValue[] arguments) => Start("setImmediate", arguments, 1, 0, repeats: false);

    /// <summary>Ends a timer: a handle, its number, or that as text; any other value is ignored.</summary>
    public void Clear(JsValue timer)
    {
        if (timer is TimerHandle handle)
            _active.Remove(handle.Id);
        else if (timer.IsNumber() || timer.IsString())
            _active.Remove((int)TypeConverter.ToInteger(timer));
    }

    /// <summary>Waits for the next timer and calls its function.</summary>
    /// <returns>False if there is none.</returns>
    /// <exception cref="JavaScriptException">The called function threw.</exception>
    public bool RunNext()
    {
        while (_due.TryDequeue(out var next, out var turn))
        {
            // A timer that was ended, or set again later, is still in the queue.
            if (!_active.ContainsKey(next.Id) || next.Due != turn.Due)
                continue;
            budget.WaitUntil(next.Due);
            budget.Check();
            if (!next.Repeats)
                _active.Remove(next.Id);
            engine.Call(next.Callback, next, next.Arguments);
            if (next.Repeats && _active.ContainsKey(next.Id))
                Enqueue(next);
            return true;
        }

        return false;
    }

    private static TimerQueue Of(ObjectInstance owner) => (TimerQueue)JsObjectShape.GetHostState(owner)!;

    private static void Refresh(TimerQueue queue, TimerHandle handle)
    {
        if (queue._active.ContainsKey(handle.Id))
            queue.Enqueue(handle);
    }

    private static void Close(TimerQueue queue, TimerHandle handle) => queue.Clear(handle);

    private ClrFunction Method(string name, Action<TimerQueue, TimerHandle> action) => new(engine, name, (timer, _) =>
    {
        if (timer is TimerHandle handle)
            action(this, handle);
        return timer;
    });

    private TimerHandle Start(string name, JsValue[] arguments, int taken, long delay, bool repeats)
    {
        var callback = arguments.Length > 0 ? arguments[0] : JsValue.Undefined;
        if (!callback.IsCallable())
            throw new JavaScriptException(engine.Intrinsics.TypeError, $"The callback of {name} must be a function");
        var handle = new TimerHandle(engine, _prototype ??= Prototype(), ++_lastId, callback, arguments.Length > taken ? arguments[taken..] : [], delay, repeats);
        _active.Add(handle.Id, handle);
        Enqueue(handle);
        return handle;
    }

    private void Enqueue(TimerHandle handle)
    {
        handle.Due = Stopwatch.GetTimestamp() + handle.Delay;
        _due.Enqueue(handle, (handle.Due, ++_turn));
    }

    private ObjectInstance Prototype()
    {
        var prototype = HandleShape.Instantiate(engine);
        JsObjectShape.SetHostState(prototype, this);
        var toPrimitive = new ClrFunction(engine, "[Symbol.toPrimitive]", static (timer, _) => timer is TimerHandle handle ? handle.Id : JsNumber.Create(double.NaN));
        prototype.DefineOwnProperty(
            GlobalSymbolRegistry.ToPrimitive, new PropertyDescriptor(toPrimitive, writable: true, enumerable: false, configurable: true));
        return prototype;
    }
}
