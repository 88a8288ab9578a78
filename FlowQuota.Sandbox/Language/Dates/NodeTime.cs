using Jint.Runtime;

namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>The engine's clock: UTC, and dates read as Node reads them.</summary>
internal sealed class NodeTime : ITimeSystem
{
    /// <inheritdoc />
    public TimeZoneInfo DefaultTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc />
    public DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow;

    /// <inheritdoc />
    public bool TryParse(string date, out long epochMilliseconds) => DateText.TryParse(date, out epochMilliseconds);

    /// <inheritdoc />
    public TimeSpan GetUtcOffset(long epochMilliseconds) => TimeSpan.Zero;
}
