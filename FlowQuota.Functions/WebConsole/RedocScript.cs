using System.IO.Compression;
using System.Text;
using Swashbuckle.AspNetCore.ReDoc;

namespace FlowQuota.Functions.WebConsole;

/// <summary>The script of Redoc, which draws the reference of the API. It comes with a NuGet package, so a build needs no other tool.</summary>
internal static class RedocScript
{
    private const string ResourceName = "Swashbuckle.AspNetCore.ReDoc.node_modules.redoc.bundles.redoc.standalone.js";

    // Without an address the image is left out; the words and the link beside it stay.
    private const string Logo = "https://cdn.redoc.ly/redoc/logo-mini.svg";

    /// <summary>Reads the script, and takes out the one image that it would fetch from elsewhere.</summary>
    public static byte[] Read()
    {
        using var resource = typeof(ReDocOptions).Assembly.GetManifestResourceStream(ResourceName)!;
        using var unpacked = new GZipStream(resource, CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked, Encoding.UTF8);
        return Encoding.UTF8.GetBytes(reader.ReadToEnd().Replace(Logo, "", StringComparison.Ordinal));
    }
}
