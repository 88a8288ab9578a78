using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>Files that are served as they are, from the assembly.</summary>
internal static class EmbeddedFile
{
    /// <summary>Reads one.</summary>
    /// <param name="name">Its name in the assembly.</param>
    public static byte[] Read(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        byte[] content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }

    /// <summary>The <c>ETag</c> of a content; changes with it.</summary>
    public static EntityTagHeaderValue TagOf(byte[] content) => new($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16))}\"");
}
