using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;

namespace FlowQuota.Functions.Quotas;

/// <summary>The caller's label for what was used, a <see cref="CallerName"/>.</summary>
internal static class Meter
{
    /// <summary>The field or parameter.</summary>
    public static readonly StringField Field =
        CallerName.Field("meter", "A label for what was used; it goes into the log and into usage.") with { Example = "\"image\"" };

    /// <summary>Reads it from a body; '' = none.</summary>
    public static string Of(JsonFields fields) => fields.OptionalString(Field) ?? "";
}
