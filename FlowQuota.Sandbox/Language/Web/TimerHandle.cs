using Jint;
using Jint.Native;
using Jint.Native.Object;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>What <c>setTimeout</c> returns: an object, as in Node.js, that also serves as a number, as in browsers.</summary>
internal sealed class TimerHandle : ObjectInstance
{
    /// <param name="engine">The run's engine.</param>
    /// <param name="prototype">The prototype of all handles.</param>
    /// <param name="id">Its number.</param>
    /// <param name="callback">The function to call.</param>
    /// <param name="arguments">The arguments of the call.</param>
    /// <param name="delay">The delay in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    /// <param name="repeats">Whether it is an interval.</param>
    public TimerHandle(Engine engine, ObjectInstance prototype, int id, JsValue callback, JsValue[] arguments, long delay, bool repeats)
        : base(engine)
    {
        Prototype = prototype;
        (Id, Callback, Arguments, Delay, Repeats) = (id, callback, arguments, delay, repeats);
    }

    /// <summary>Its number.</summary>
    public int Id { get; }

    /// <summary>The function to call.</summary>
    public JsValue Callback { get; }

    /// <summary>The arguments of the call.</summary>
    public JsValue[] Arguments { get; }

    /// <summary>The delay in ticks.</summary>
    public long Delay { get; }

    /// <summary>Whether it is an interval.</summary>
    public bool Repeats { get; }

    /// <summary>The timestamp at which it is due; changes when it is set again.</summary>
    public long Due { get; set; }
}
