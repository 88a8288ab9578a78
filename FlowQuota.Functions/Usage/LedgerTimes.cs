using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Periods;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Usage;

/// <summary>Reads the time of a report: <c>time_zone</c>, <c>from</c> and <c>to</c>.</summary>
internal static class LedgerTimes
{
    private const int LastYear = 9998;

    /// <summary>The parameter of the start.</summary>
    public static readonly StringField From = new("from", "The first day, or the first instant.")
    {
        Pattern = StringField.DatePattern,
        Expected = "must be yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, of a year up to 9998",
    };

    /// <summary>The parameter of the end.</summary>
    public static readonly StringField Until = From with { Name = "to", Description = "The last day, or the first instant that is no longer in it." };

    /// <summary>The parameter of the zone.</summary>
    public static readonly StringField TimeZone = new("time_zone", "The IANA zone of from, to and the times in the response; FLOW_TIME_ZONE by default.")
    {
        Expected = "must be an IANA time zone name such as UTC or Europe/Berlin",
    };

    /// <summary>The zone and its clocks; that of <c>FLOW_TIME_ZONE</c> if the parameter is missing.</summary>
    public static (string Name, WallClock Clock) Zone(FlowRequest flow)
    {
        string name = Query.String(flow.Http, TimeZone) ?? flow.Clock.ZoneId;
        return WallClock.TryFind(name, out var clock)
            ? (name, clock)
            : throw new InvalidFieldException(TimeZone.Name, TimeZone.Expected);
    }

    /// <summary>A start, UTC: of a day, or the instant that is named; null if the parameter is missing.</summary>
    public static DateTime? Start(HttpRequest request, WallClock clock) =>
        Read(request, From) is var (local, _) ? clock.InstantOf(local) : null;

    /// <summary>An end, UTC, exclusive: of the day that is named, or the instant that is named; null if the parameter is missing.</summary>
    public static DateTime? End(HttpRequest request, WallClock clock) =>
        Read(request, Until) is var (local, isDate) ? clock.InstantOf(isDate ? local.AddDays(1) : local) : null;

    /// <summary>Refuses an end that is not after the start, and names the one that was given.</summary>
    public static void CheckOrder(HttpRequest request, DateTime from, DateTime until)
    {
        if (from < until)
            return;
        throw !request.Query.ContainsKey(Until.Name)
            ? new InvalidFieldException(From.Name, "must be before now; a later end is given by to")
            : new InvalidFieldException(Until.Name, "must be after from");
    }

    /// <summary>Refuses a time within a quarter of an hour, because usage is kept by whole ones.</summary>
    public static void CheckQuarter(StringField field, DateTime time)
    {
        if (time != QuarterHour.Of(time))
            throw new InvalidFieldException(field.Name, "must be a day, or a time at 00, 15, 30 or 45 minutes past the hour");
    }

    private static (DateTime Local, bool IsDate)? Read(HttpRequest request, StringField field)
    {
        if (Query.String(request, field) is not { } text)
            return null;
        return TimeZoneFormatter.TryParseLocal(text, out var local, out bool isDate) && local.Year <= LastYear
            ? (local, isDate)
            : throw new InvalidFieldException(field.Name, field.Expected);
    }
}
