using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>The id of a request: the caller's own if it sent a sane one, else a new UUIDv7 (contract, section 1).</summary>
internal static class RequestIds
{
    /// <summary>Name of the header, in requests and answers.</summary>
    public const string Header = "X-Request-ID";

    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static string Of(HttpRequest request)
    {
        var values = request.Headers[Header];
        return values is [{ Length: > 0 and <= MaxLength } id] && !id.AsSpan().ContainsAnyExcept(Allowed)
            ? id
            : Guid.CreateVersion7().ToString();
    }
}
