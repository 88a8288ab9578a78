using FlowQuota.Functions.Requests;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Quotas;

/// <summary>How many units a call takes: one if the caller does not say.</summary>
internal static class Cost
{
    /// <summary>The most units that one request takes or reserves.</summary>
    public const int Max = 1_000_000;

    private const int Default = 1;

    /// <summary>The field of a request that takes units.</summary>
    public static readonly NumberField Field = new("cost", 1, Max, "Units that the call takes, all or none; 1 by default.") { Example = "3" };

    /// <summary>The field of a request that may ask about none.</summary>
    public static readonly NumberField FieldOrNone = Field with { Min = 0, Description = "Units that the call takes; 1 by default, 0 = the token is only checked." };

    /// <summary>Reads it from a body.</summary>
    public static int Of(JsonFields fields, NumberField field) => fields.OptionalNumber(field) ?? Default;

    /// <summary>Reads it from the query.</summary>
    public static int Of(HttpRequest request, NumberField field) => Query.Number(request, field) ?? Default;
}
