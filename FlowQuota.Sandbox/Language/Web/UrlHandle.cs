using Jint;
using Jint.Native.Object;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The URL of an instance of the library's class; code never sees it.</summary>
internal sealed class UrlHandle(Engine engine, UrlRecord url) : ObjectInstance(engine)
{
    /// <summary>The URL.</summary>
    public UrlRecord Url { get; } = url;
}
