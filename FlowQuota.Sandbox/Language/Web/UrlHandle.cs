using Jint;
using Jint.Native.Object;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>A URL as the library's class keeps it; code never sees it.</summary>
internal sealed class UrlHandle(Engine engine, UrlRecord url) : ObjectInstance(engine)
{
    /// <summary>The URL.</summary>
    public UrlRecord Url { get; } = url;
}
