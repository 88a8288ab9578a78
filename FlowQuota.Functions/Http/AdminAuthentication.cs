using System.Security.Cryptography;
using System.Text;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>Checks admin tokens. The comparison takes constant time, whichever of them is presented.</summary>
public sealed class AdminAuthentication(FlowQuotaSettings settings)
{
    private readonly byte[][] _digests = [.. settings.AdminTokens.Select(Digest)];

    /// <summary>True if the presented token is one of <c>ADMIN_TOKEN</c>.</summary>
    /// <param name="presented">The token that the caller sent; null = none.</param>
    public bool IsAdmin(string? presented)
    {
        byte[] digest = Digest(presented ?? "");
        bool isAdmin = false;
        foreach (byte[] known in _digests)
            isAdmin |= CryptographicOperations.FixedTimeEquals(known, digest);
        return isAdmin;
    }

    /// <summary>Names the admin token that a request presents, so that two of them can be distinguished.</summary>
    public static string ScopeOf(HttpRequest request) => Convert.ToHexStringLower(Digest(Credentials.Bearer(request) ?? ""));

    // Digests have equal lengths, as the comparison needs; they never leave the process.
    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
