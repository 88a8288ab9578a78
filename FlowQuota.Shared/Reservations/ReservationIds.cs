using System.Buffers;
using System.Security.Cryptography;

namespace FlowQuota.Reservations;

/// <summary>The ids of reservations: random, so that none is used twice.</summary>
public static class ReservationIds
{
    private const string Prefix = "res_";
    private const int Digits = 26;

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id.</summary>
    public static string New() => Prefix + RandomNumberGenerator.GetHexString(Digits, lowercase: true);

    /// <summary>True for a text that can be an id.</summary>
    public static bool IsValid(string text) =>
        text.Length == Prefix.Length + Digits && text.StartsWith(Prefix, StringComparison.Ordinal)
        && !text.AsSpan(Prefix.Length).ContainsAnyExcept(Hexadecimal);
}
