using System.Buffers;
using FlowQuota.Functions.Requests;

namespace FlowQuota.Functions.Http;

/// <summary>What callers may name a request or a use: 1 to 64 of <c>A-Za-z0-9._-</c>.</summary>
internal static class CallerName
{
    /// <summary>What it must be, in words that follow the name of its field.</summary>
    public const string Expected = "must be 1 to 64 characters of A-Za-z0-9._-";

    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>A field or parameter that takes such a name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it is for.</param>
    public static StringField Field(string name, string description) => new(name, description)
    {
        Pattern = "^[A-Za-z0-9._-]{1,64}$",
        IsValid = IsValid,
        Expected = Expected,
    };

    /// <summary>True for a name that a caller may choose.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && !name.AsSpan().ContainsAnyExcept(Allowed);
}
