using System.Globalization;
using FlowQuota.SelfHost.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

// The lower bound for FlowQuota: POST / makes one EVALSHA, the same that an admission sends, and answers ok.
//
//   --redis ADDRESS  the Redis server, with the script loaded
//   --call FILE      the arguments of EVALSHA, one a line: digest, number of keys, keys, arguments
//   --callers FILE   tokens for which the call is sent instead, one a line: Authorization without "Bearer ", public id, secret hash
//   --urls URL       the address to listen on

const int FirstArguments = 5;

SchedBatch.TryEnable();
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
builder.WebHost.UseSockets(sockets =>
{
    sockets.UnsafePreferInlineScheduling = true;
    sockets.WaitForDataBeforeAllocatingBuffer = false;
});
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestHeadersTotalSize = 128 * 1024;
    kestrel.Limits.MaxRequestLineSize = 64 * 1024;
});

string[] call = await File.ReadAllLinesAsync(Setting("call"));
byte[] digest = Convert.FromHexString(call[0]);
int keyCount = int.Parse(call[1], CultureInfo.InvariantCulture);
// The caller's public id and the hash of its secret are the first of the arguments that belong to it.
string[] captured = call[(2 + keyCount + FirstArguments)..(2 + keyCount + FirstArguments + 2)];
var own = CallOf(captured[0], captured[1]);
Dictionary<string, (RedisKey[] Keys, RedisValue[] Arguments)> callers = new(StringComparer.Ordinal);
foreach (string line in await File.ReadAllLinesAsync(Setting("callers")))
{
    if (line.Split(' ') is [var token, var id, var hash])
        callers["Bearer " + token] = CallOf(id, hash);
}

await using var redis = await ConnectionMultiplexer.ConnectAsync(Setting("redis"));
var database = redis.GetDatabase();
byte[] ok = "ok"u8.ToArray();

var app = builder.Build();
app.MapPost("/", async (HttpContext http) =>
{
    var (keys, arguments) = callers.TryGetValue(http.Request.Headers.Authorization.ToString(), out var known) ? known : own;
    var reply = (RedisValue[]?)await database.ScriptEvaluateAsync(digest, keys, arguments);
    if (reply?[^1].ToString().StartsWith("ok", StringComparison.Ordinal) != true)
    {
        http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return;
    }

    http.Response.ContentLength = ok.Length;
    await http.Response.BodyWriter.WriteAsync(ok, CancellationToken.None);
});
await app.RunAsync();

(RedisKey[] Keys, RedisValue[] Arguments) CallOf(string id, string hash)
{
    string[] words = [.. call[2..].Select(word => word == captured[1] ? hash : word.Replace(captured[0], id, StringComparison.Ordinal))];
    return ([.. words[..keyCount].Select(key => (RedisKey)key)], [.. words[keyCount..].Select(argument => (RedisValue)argument)]);
}

string Setting(string name) => builder.Configuration[name] ?? throw new InvalidOperationException($"--{name} is missing.");
