using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FlowQuota.Redis;

/// <summary>All scripts with the run_id of one Redis server in them, and their SHA-1 digests.</summary>
internal sealed class ScriptLibrary
{
    /// <summary>Time to live of an unused token's keys.</summary>
    public static readonly TimeSpan TokenTimeToLive = TimeSpan.FromDays(7);

    private static readonly string Prelude = ReadResource("prelude.lua");
    private static readonly RedisScript[] Scripts = Enum.GetValues<RedisScript>();
    private static readonly RedisScript[] ChangeScripts =
        [RedisScript.Change, RedisScript.CompareTerms, RedisScript.Correct, RedisScript.Hold, RedisScript.LoadEnd, RedisScript.Peek, RedisScript.Refund, RedisScript.Turn];

    private static readonly string Changes = ReadResource("changes.lua");
    private static readonly string[] Bodies =
        [.. Scripts.Select(script => (ChangeScripts.Contains(script) ? Changes : "") + ReadResource(FileName(script)))];

    private readonly byte[][] _hashes;

    /// <summary>Writes the run_id into every script.</summary>
    /// <param name="runId">The server's <c>run_id</c>, from INFO.</param>
    /// <param name="clock">The clock of the scripts; null = the server's.</param>
    public ScriptLibrary(string runId, ScriptClock? clock = null)
    {
        RunId = runId;
        string head = string.Create(CultureInfo.InvariantCulture,
            $"local RUN = '{runId}'\nlocal TOKEN_LIFE = '{(long)TokenTimeToLive.TotalMilliseconds}'\n{Prelude}");
        if (clock is not null)
            head += $"now_ms = function() return tonumber(call('GET', '{clock.Key}')) end\n";
        Texts = [.. Bodies.Select(body => head + body)];
        // Redis names a script by its SHA-1; no security depends on it.
        _hashes = [.. Texts.Select(text => SHA1.HashData(Encoding.UTF8.GetBytes(text)))];
    }

    public string RunId { get; }

    public IReadOnlyList<string> Texts { get; }

    public byte[] Hash(RedisScript script) => _hashes[(int)script];

    private static string FileName(RedisScript script) => $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(script.ToString())}.lua";

    private static string ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
