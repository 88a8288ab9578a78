using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>Reads the key under which a caller repeats a request (draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKeyHeader
{
    /// <summary>Name of the header.</summary>
    public const string Name = "Idempotency-Key";

    /// <summary>What a key must be, in words that follow its name.</summary>
    public const string Expected = "must be one key of 1 to 128 characters of A-Za-z0-9._:~-";

    /// <summary>The same as a regular expression.</summary>
    public const string Pattern = "^[A-Za-z0-9._:~-]{1,128}$";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-");

    /// <summary>The header under which a request is to be repeated.</summary>
    public static string NameFor(HttpRequest request) =>
        request.Headers.ContainsKey(Name) && !HttpMethods.IsDelete(request.Method) ? Name : RequestIds.Header;

    /// <summary>Reads the key of an admin's request; null if it has none.</summary>
    /// <exception cref="InvalidFieldException">It is no key.</exception>
    public static IdempotencyKeyText? ReadAdmin(HttpRequest request) =>
        TryRead(request, out string? key) ? new IdempotencyKeyText(AdminAuthentication.ScopeOf(request), key) : null;

    /// <summary>Reads the key, a quoted string or a bare one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">The key without quotes; null if the request has none.</param>
    /// <returns>True if the request has a key.</returns>
    /// <exception cref="InvalidFieldException">It is no key.</exception>
    public static bool TryRead(HttpRequest request, [NotNullWhen(true)] out string? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(Name, out var values))
            return false;
        string text = values is [{ } only] ? only : "";
        key = text is ['"', .. var inner, '"'] ? inner : text;
        return IsKey(key) ? true : throw new InvalidFieldException(Name, $"{Expected}, in quotation marks or bare");
    }

    /// <summary>True for a text that can be a key.</summary>
    public static bool IsKey(string text) => text.Length is > 0 and <= MaxLength && !text.AsSpan().ContainsAnyExcept(Allowed);
}
