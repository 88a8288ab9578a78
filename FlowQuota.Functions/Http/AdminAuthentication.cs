using System.Security.Cryptography;
using System.Text;
using FlowQuota.Settings;

namespace FlowQuota.Functions.Http;

/// <summary>Knows the admin tokens; compares in constant time, whichever of them is meant.</summary>
public sealed class AdminAuthentication(FlowQuotaSettings settings)
{
    private readonly byte[][] _digests = [.. settings.AdminTokens.Select(Digest)];

    /// <summary>True where the presented token is one of <c>ADMIN_TOKEN</c>.</summary>
    /// <param name="presented">What the caller sent; null = nothing.</param>
    public bool IsAdmin(string? presented)
    {
        byte[] digest = Digest(presented ?? "");
        bool isAdmin = false;
        foreach (byte[] known in _digests)
            isAdmin |= CryptographicOperations.FixedTimeEquals(known, digest);
        return isAdmin;
    }

    // Equal lengths for the comparison; the digests never leave the process.
    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
