using System.Buffers;

namespace FlowQuota.Functions.Http;

/// <summary>What callers may name a request or a use: 1 to 64 of <c>A-Za-z0-9._-</c>.</summary>
internal static class CallerName
{
    /// <summary>What it must be, in words that follow the name of its field.</summary>
    public const string Expected = "must be 1 to 64 characters of A-Za-z0-9._-";

    /// <summary>The same as a regular expression.</summary>
    public const string Pattern = "^[A-Za-z0-9._-]{1,64}$";

    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>True for a name that a caller may choose.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && !name.AsSpan().ContainsAnyExcept(Allowed);
}
