using Jint;
using Jint.Native;
using Jint.Native.Promise;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The promises of one run that were rejected and have no handler yet.</summary>
internal sealed class UnhandledRejections
{
    private readonly Dictionary<JsValue, (int Turn, JsValue Reason)> _rejections = new(ReferenceEqualityComparer.Instance);
    private int _turn;

    /// <param name="engine">The run's engine.</param>
    public UnhandledRejections(Engine engine) => engine.Advanced.PromiseRejectionTracker += Track;

    /// <summary>The reason of the first; null if there is none.</summary>
    public JsValue? First => _rejections.Count == 0 ? null : _rejections.Values.MinBy(static rejection => rejection.Turn).Reason;

    private void Track(object? sender, PromiseRejectionTrackerEventArgs change)
    {
        if (change.Operation == PromiseRejectionOperation.Reject)
            _rejections[change.Promise] = (++_turn, change.Value ?? JsValue.Undefined);
        else
            _rejections.Remove(change.Promise);
    }
}
