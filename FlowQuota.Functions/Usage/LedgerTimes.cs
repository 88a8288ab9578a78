using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Periods;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Usage;

/// <summary>Reads the time of a report: <c>time_zone</c>, <c>from</c> and <c>to</c>.</summary>
internal static class LedgerTimes
{
    private const string Expected = "must be yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, of a year up to 9998";
    private const int LastYear = 9998;

    /// <summary>The zone and its clocks; that of <c>FLOW_TIME_ZONE</c> if the parameter is missing.</summary>
    public static (string Name, WallClock Clock) Zone(FlowRequest flow)
    {
        string name = Query.Text(flow.Http, "time_zone") ?? flow.Clock.ZoneId;
        return WallClock.TryFind(name, out var clock)
            ? (name, clock)
            : throw new InvalidFieldException("time_zone", "must be an IANA time zone name such as UTC or Europe/Berlin");
    }

    /// <summary>A start, UTC: of a day, or the instant that is named; null if the parameter is missing.</summary>
    public static DateTime? Start(HttpRequest request, string name, WallClock clock) =>
        Read(request, name) is var (local, _) ? clock.InstantOf(local) : null;

    /// <summary>An end, UTC, exclusive: of the day that is named, or the instant that is named; null if the parameter is missing.</summary>
    public static DateTime? End(HttpRequest request, string name, WallClock clock) =>
        Read(request, name) is var (local, isDate) ? clock.InstantOf(isDate ? local.AddDays(1) : local) : null;

    /// <summary>Refuses an end that is not after the start, and names the one that was given.</summary>
    public static void CheckOrder(HttpRequest request, DateTime from, DateTime until)
    {
        if (from < until)
            return;
        throw Query.Text(request, "to") is null
            ? new InvalidFieldException("from", "must be before now; a later end is given by to")
            : new InvalidFieldException("to", "must be after from");
    }

    /// <summary>Refuses a time within a quarter of an hour, because usage is kept by whole ones.</summary>
    public static void CheckQuarter(string name, DateTime time)
    {
        if (time != QuarterHour.Of(time))
            throw new InvalidFieldException(name, "must be a day, or a time at 00, 15, 30 or 45 minutes past the hour");
    }

    private static (DateTime Local, bool IsDate)? Read(HttpRequest request, string name)
    {
        if (Query.Text(request, name) is not { } text)
            return null;
        return TimeZoneFormatter.TryParseLocal(text, out var local, out bool isDate) && local.Year <= LastYear
            ? (local, isDate)
            : throw new InvalidFieldException(name, Expected);
    }
}
