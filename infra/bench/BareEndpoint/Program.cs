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
//   --urls URL       the address to listen on


SchedBatch.Ask();
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
RedisKey[] keys = [.. call[2..(2 + keyCount)].Select(key => (RedisKey)key)];
RedisValue[] arguments = [.. call[(2 + keyCount)..].Select(argument => (RedisValue)argument)];

await using var redis = await ConnectionMultiplexer.ConnectAsync(Setting("redis"));
var database = redis.GetDatabase();
byte[] ok = "ok"u8.ToArray();

var app = builder.Build();
app.MapPost("/", async (HttpContext http) =>
{
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

string Setting(string name) => builder.Configuration[name] ?? throw new InvalidOperationException($"--{name} is missing.");
