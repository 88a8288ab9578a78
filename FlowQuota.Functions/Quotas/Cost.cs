using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Quotas;

/// <summary>Reads how many units a call takes: at most 1,000,000, and one if the caller does not say.</summary>
internal static class Cost
{
    /// <summary>The most units that one request takes or reserves.</summary>
    public const int Max = 1_000_000;

    private const int Default = 1;
    private const int MaxBodyBytes = 4 * 1024;

    /// <summary>Reads it from a body that has nothing else.</summary>
    /// <param name="flow">The request; its body may be empty.</param>
    /// <param name="min">The least that is allowed.</param>
    public static async Task<int> ReadAsync(FlowRequest flow, int min)
    {
        using var body = await JsonBody.ReadAsync(flow, MaxBodyBytes, mayBeEmpty: true, "cost");
        return Of(body, min);
    }

    /// <summary>Reads it from a body that may have a label besides (see <see cref="Meter"/>).</summary>
    /// <param name="flow">The request; its body may be empty.</param>
    public static async Task<(int Cost, string Meter)> ReadWithMeterAsync(FlowRequest flow)
    {
        using var body = await JsonBody.ReadAsync(flow, MaxBodyBytes, mayBeEmpty: true, "cost", "meter");
        return (Of(body), Meter.Read(body));
    }

    /// <summary>Reads it from the fields of an object.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="min">The least that is allowed.</param>
    public static int Of(JsonFields fields, int min = 1) => fields.OptionalNumber("cost", min, Max) ?? Default;

    /// <summary>Reads it from the query.</summary>
    /// <param name="request">The request.</param>
    /// <param name="min">The least that is allowed.</param>
    public static int Read(HttpRequest request, int min) => Query.Number(request, "cost", min, Max) ?? Default;
}
