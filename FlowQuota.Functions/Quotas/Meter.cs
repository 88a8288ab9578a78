using System.Buffers;
using FlowQuota.Functions.Http;

namespace FlowQuota.Functions.Quotas;

/// <summary>Reads the caller's label for what was used: 1 to 64 of <c>A-Za-z0-9._-</c>.</summary>
internal static class Meter
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Reads it from the field <c>meter</c>; '' = none.</summary>
    public static string Read(JsonFields body)
    {
        string meter = body.OptionalString("meter") ?? "";
        return (meter.Length > 0 || !body.Has("meter")) && meter.Length <= MaxLength && !meter.AsSpan().ContainsAnyExcept(Allowed)
            ? meter
            : throw body.Invalid("meter", $"must be 1 to {MaxLength} characters of A-Za-z0-9._-");
    }
}
