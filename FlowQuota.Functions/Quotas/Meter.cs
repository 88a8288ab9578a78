using FlowQuota.Functions.Http;

namespace FlowQuota.Functions.Quotas;

/// <summary>Reads the caller's label for what was used, a <see cref="CallerName"/>.</summary>
internal static class Meter
{
    /// <summary>Reads it from the field <c>meter</c>; '' = none.</summary>
    public static string Read(JsonFields body)
    {
        if (!body.Has("meter"))
            return "";
        string meter = body.OptionalString("meter") ?? "";
        return CallerName.IsValid(meter) ? meter : throw body.Invalid("meter", CallerName.Expected);
    }
}
