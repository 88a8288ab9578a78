namespace FlowQuota.Tests.Periods;

/// <summary>
/// A zone as a list of offsets that were sampled from <see cref="TimeZoneInfo"/>. Only UTC instants are asked for, because
/// TimeZoneInfo is right about these, and wrong about some local times: it says that 30 December 2011, noon, exists in
/// Pacific/Apia, and 27 March 2011, 02:30, in Europe/Moscow, and that 29 December 2011, 23:00, is ambiguous in Apia.
/// </summary>
internal sealed class SampledZone
{
    // No zone sets its clocks and sets them back within so few hours.
    private static readonly TimeSpan Sample = TimeSpan.FromHours(6);

    private readonly List<(DateTime From, TimeSpan Offset)> _offsets = [];

    /// <summary>Samples a zone.</summary>
    public SampledZone(string id, DateTime from, DateTime to)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        _offsets.Add((from, zone.GetUtcOffset(from)));
        for (var before = from; before < to; before += Sample)
        {
            if (zone.GetUtcOffset(before + Sample) != _offsets[^1].Offset)
                _offsets.Add((Change(zone, before), zone.GetUtcOffset(before + Sample)));
        }
    }

    /// <summary>The first sampled instant at which the clocks show a local time or a later one.</summary>
    public DateTime FirstInstantOf(DateTime local)
    {
        for (int i = 0; i < _offsets.Count; i++)
        {
            var shown = local - _offsets[i].Offset;
            var instant = DateTime.SpecifyKind(shown > _offsets[i].From ? shown : _offsets[i].From, DateTimeKind.Utc);
            if (i == _offsets.Count - 1 || instant < _offsets[i + 1].From)
                return instant;
        }

        throw new InvalidOperationException("A zone has an offset.");
    }

    /// <summary>What the clocks show.</summary>
    public DateTime LocalAt(DateTime instant) => instant + _offsets.Last(offset => offset.From <= instant).Offset;

    private static DateTime Change(TimeZoneInfo zone, DateTime before)
    {
        var (low, high) = (before, before + Sample);
        while (high - low > TimeSpan.FromSeconds(1))
        {
            var middle = low.AddSeconds((int)((high - low).TotalSeconds / 2));
            (low, high) = zone.GetUtcOffset(middle) == zone.GetUtcOffset(before) ? (middle, high) : (low, middle);
        }

        return high;
    }
}
