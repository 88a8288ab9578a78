using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace FlowQuota.Storage.Redis;

/// <summary>The texts of all scripts as one run of a Redis server knows them, with their SHA-1 digests.</summary>
internal sealed class ScriptLibrary
{
    /// <summary>How long the keys of a token stay when it is not used: 7 days (architecture, section 3).</summary>
    public static readonly TimeSpan TokenLife = TimeSpan.FromDays(7);

    private static readonly string Prelude = ReadResource("prelude.lua");
    private static readonly RedisScript[] Scripts = Enum.GetValues<RedisScript>();
    private static readonly string[] Bodies = [.. Scripts.Select(script => ReadResource(FileName(script)))];

    private readonly byte[][] _hashes;

    /// <summary>Writes the run id into every script.</summary>
    /// <param name="runId">The server's <c>run_id</c>, as INFO tells it.</param>
    public ScriptLibrary(string runId)
    {
        RunId = runId;
        string head = string.Create(CultureInfo.InvariantCulture,
            $"local RUN = '{runId}'\nlocal TOKEN_LIFE = '{(long)TokenLife.TotalMilliseconds}'\n{Prelude}");
        Texts = [.. Bodies.Select(body => head + body)];
        // Redis names a script by its SHA-1; nothing rests on the digest's strength.
        _hashes = [.. Texts.Select(text => SHA1.HashData(Encoding.UTF8.GetBytes(text)))];
    }

    public string RunId { get; }

    public IReadOnlyList<string> Texts { get; }

    public byte[] Hash(RedisScript script) => _hashes[(int)script];

    private static string FileName(RedisScript script)
    {
        var name = new StringBuilder();
        foreach (char c in script.ToString())
        {
            if (char.IsUpper(c) && name.Length > 0)
                name.Append('_');
            name.Append(char.ToLowerInvariant(c));
        }

        return name.Append(".lua").ToString();
    }

    private static string ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
