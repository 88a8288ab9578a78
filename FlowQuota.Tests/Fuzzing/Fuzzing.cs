using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.OpenApi;
using Xunit;
using Xunit.Sdk;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>
/// One run of hostile requests against an app, one after the other. After each: a valid response, nothing secret or internal
/// in it, and Redis changed by admitted calls only.
/// </summary>
internal sealed class Fuzzing(TestApp app, int seed, IReadOnlyList<string> secrets) : IDisposable
{
    private const int Tokens = 6;

    /// <summary>The longest request line that the server reads, and so the longest path and query.</summary>
    private const int MaxRequestLine = 64 * 1024;

    /// <summary>Texts that no response may contain; no request contains them either.</summary>
    private static readonly string[] Internals =
    [
        "System.", "Microsoft.", "FlowQuota.", "StackExchange", "MySqlConnector", "MySqlException", "SqliteException", "RedisException",
        "Dapper", ".cs:line", ".dll", "NOSCRIPT", "127.0.0.1:",
    ];

    private static readonly string[] Calls = ["/flow/consume", "/flow/execute", "/flow/codeblock", "/flow/authorize"];

    private static readonly string[] CodeFailures = ["SyntaxError", "RuntimeError", "TimeoutError", "MemoryLimitError", "ResultError"];

    private static readonly Dictionary<int, string[]> ErrorTypes = new()
    {
        [400] = ["ValidationError", .. CodeFailures],
        [401] = ["AuthenticationError"],
        [403] = ["QuotaExceeded", "TokenRateLimitError"],
        [404] = ["NotFound"],
        [405] = ["MethodNotAllowed"],
        [408] = ["RequestTimeout"],
        [413] = ["PayloadTooLarge"],
        [415] = ["UnsupportedMediaType"],
        [429] = ["QuotaExceeded", "TokenRateLimitError"],
        // Deliberate: a correction must wait until the token's changes are in SQL.
        [503] = ["ServiceUnavailable"],
    };

    private readonly Random _random = new(seed);
    private readonly List<FuzzedToken> _tokens = [];
    private readonly List<FuzzedToken> _everyToken = [];
    private readonly List<string> _secrets = [.. secrets];
    private readonly OpenConnections _connections = new(app);

    /// <summary>How often each status was answered; 0 = the connection was closed without an answer, negative = bare.</summary>
    public SortedDictionary<int, int> Statuses { get; } = [];

    /// <summary>Every token that was made, and deleted ones too.</summary>
    public IReadOnlyList<FuzzedToken> EveryToken => _everyToken;

    public int Deleted { get; private set; }

    /// <summary>Creations whose outcome is unknown, because the caller disconnected.</summary>
    public int UnknownCreations { get; private set; }

    public long Changes { get; private set; }

    /// <summary>Makes, sends and checks one request; null = correct, else the violation.</summary>
    public async Task<string?> StepAsync()
    {
        while (_tokens.Count < Tokens)
            await AddTokenAsync();
        var request = Mutator.Next(_tokens[_random.Next(_tokens.Count)].Token, _random);
        RawAnswer? answer = null;
        try
        {
            answer = await RawHttp.SendAsync(app.Client.BaseAddress!, request.ToWire(), request.Method == "HEAD", request.GoesAway);
            Count(answer is null ? 0 : answer.IsBare && request.Method != "HEAD" ? -answer.Status : answer.Status);
            await JudgeAsync(request, answer);
            if (answer is { IsBare: false } && request.ToExchange(answer) is { } exchange)
                Assert.Null(DocumentedApi.Compare(exchange));
            return null;
        }
        catch (Exception e) when (e is XunitException or JsonException or IOException or InvalidDataException or OperationCanceledException)
        {
            return $"{e.Message}\nanswered {answer?.Status} {answer?.Text}\nto {request}";
        }
    }

    private async Task JudgeAsync(FuzzRequest request, RawAnswer? answer)
    {
        if (answer is null)
        {
            await JudgeSilenceAsync(request);
            return;
        }

        if (answer.IsBare && request.Method != "HEAD")
        {
            AssertMayBeBare(request, answer);
            Assert.Equal((0, 0), await PeekAsync(null));
            return;
        }

        AssertTellsNothing(answer);
        if (answer.Values("X-FlowQuota-Token-Id").Count > 0)
        {
            await JudgePassAsync(answer);
            return;
        }

        // Rows of the log are lines without the envelope.
        if (request.Method == "HEAD" || answer.Values("X-FlowQuota-Last").Count > 0)
        {
            Assert.Equal((0, 0), await PeekAsync(null));
            return;
        }

        var told = answer.Parse();
        Envelope.Check(told);
        Assert.Single(answer.Values("X-Request-ID"));
        Assert.Empty(answer.Values("Server"));
        Assert.Empty(answer.Values("Set-Cookie"));
        if (told.Status == 200)
            await JudgeSuccessAsync(told);
        else
            await JudgeFailureAsync(request, told);
    }

    /// <summary>A caller who disconnects gets no response; the outcome is at most the request's own change.</summary>
    private async Task JudgeSilenceAsync(FuzzRequest request)
    {
        Assert.True(request.GoesAway || request.Mutations.Contains("BodyMutations.Bomb"), "The connection was closed without an answer.");
        await _connections.EndAsync();
        string path = Uri.UnescapeDataString(request.Path);
        bool isCall = Calls.Any(call => path.Contains(call, StringComparison.OrdinalIgnoreCase));
        bool isChange = request.Method is "PUT" or "DELETE";
        bool isReservation = path.Contains("/flow/reserve", StringComparison.OrdinalIgnoreCase);
        if (path.Contains("/flow/tokens", StringComparison.OrdinalIgnoreCase))
            UnknownCreations++;
        var (changes, _) = await PeekAsync(null, isAdmission: isCall, mayDelete: request.Method == "DELETE");
        Assert.InRange(changes, 0, isCall || isReservation ? 1 : isChange ? 2 : 0);
    }

    private static void AssertMayBeBare(FuzzRequest request, RawAnswer answer)
    {
        bool isOversized = answer.Status is 414 or 431 && request.ToWire().Length > MaxRequestLine;
        Assert.True(request.IsMalformed || isOversized, "Good HTTP was answered without the envelope.");
        Assert.Contains(answer.Status, new[] { 400, 405, 408, 411, 413, 414, 417, 426, 431, 501, 505 });
        Assert.Equal(["Connection", "Content-Length", "Date"], answer.Headers.Select(header => header.Name).Except(["Allow"]).Order());
    }

    private void AssertTellsNothing(RawAnswer answer)
    {
        string all = $"{string.Join('\n', answer.Headers)}\n{answer.Text}";
        foreach (string inside in Internals)
            Assert.DoesNotContain(inside, all, StringComparison.OrdinalIgnoreCase);
        // The response to a creation contains the new token, which is not among these yet.
        foreach (string secret in _secrets)
            Assert.False(all.Contains(secret, StringComparison.OrdinalIgnoreCase), "A secret is told.");
    }

    /// <summary>The response to a gateway for a call that may pass: headers only, and at most one change, of the calling token.</summary>
    private async Task JudgePassAsync(RawAnswer answer)
    {
        Assert.Equal((200, ""), (answer.Status, answer.Text));
        Assert.Equal(answer.Values("X-Request-ID"), answer.Values("X-FlowQuota-Request-Id"));
        Assert.Empty(answer.Values("X-FlowQuota-Unmetered"));
        var (changes, taken) = await PeekAsync(Assert.Single(answer.Values("X-FlowQuota-Token-Id")), isAdmission: true);
        Assert.InRange(changes, 0, 1);
        Assert.InRange(taken, 0, 1_000_000);
    }

    private async Task JudgeSuccessAsync(TestAnswer told)
    {
        if (told.Body.TryGetProperty("service", out _))
        {
            Assert.Equal(["service", "status", "version", "timestamp", "request_id"], Envelope.Names(told.Body));
            Assert.Equal((0, 0), await PeekAsync(null));
            return;
        }

        if (told.Body.TryGetProperty("result", out _))
        {
            Assert.Equal(["success", "result", "logs", "quota", "timing", "timestamp", "request_id"], Envelope.Names(told.Body));
            await AssertAdmittedAsync(isExecution: true);
            return;
        }

        var data = Envelope.Data(told);
        // More may follow, which warns of an end date that does not end a token.
        switch (Regex.Match(told.Body.GetProperty("message").GetString()!, @"^Token (created|changed|deleted|rotated)\.|^.*$").Value)
        {
            case "Consumed.":
                await AssertAdmittedAsync(isExecution: false);
                break;
            case "Batch consumed.":
                Assert.InRange((await PeekAsync(null, isAdmission: true)).Changes, 0, 500);
                break;
            case "Reserved.":
                Assert.InRange((await PeekAsync(null)).Changes, 0, 1);
                break;
            case "Token created.":
                Adopt(data);
                Assert.Equal((0, 0), await PeekAsync(null));
                break;
            case "Token rotated.":
                Renew(data);
                Assert.Equal((0, 0), await PeekAsync(null));
                break;
            case "Token changed.":
                string changed = data.GetProperty("token_id").GetString()!;
                var (changes, _) = await PeekAsync(changed);
                Assert.InRange(changes, 0, 2);
                break;
            case "Token deleted.":
                string deleted = data.GetProperty("token_id").GetString()!;
                await PeekAsync(deleted);
                Assert.DoesNotContain(_tokens, token => token.Token.Id == deleted);
                break;
            default:
                Assert.Equal((0, 0), await PeekAsync(null));
                break;
        }
    }

    private async Task JudgeFailureAsync(FuzzRequest request, TestAnswer told)
    {
        Assert.True(ErrorTypes.TryGetValue(told.Status, out string[]? types), $"{told.Status} is no answer to anything.");
        Assert.Contains(told.ErrorType, types!);
        if (CodeFailures.Contains(told.ErrorType))
        {
            await AssertAdmittedAsync(isExecution: true);
            return;
        }

        Envelope.Refused(told, told.Status, told.ErrorType!);
        Assert.True(told.Status != 503 || told.ErrorMessage!.StartsWith("Changes of this token are on the way", StringComparison.Ordinal), "Nothing is down.");
        Assert.Equal(told.Status == 405, Envelope.Header(told, "Allow") is not null);
        Assert.Equal((0, 0), await PeekAsync(null));
    }

    /// <summary>One call of one token: one change, which took something if the token has a quota.</summary>
    private async Task AssertAdmittedAsync(bool isExecution)
    {
        var (changes, taken) = await PeekAsync(null, isAdmission: true);
        Assert.Equal(1, changes);
        Assert.InRange(taken, 0, isExecution ? 1 : 1_000_000);
    }

    /// <summary>The changes since the last read: of the token that may have changed, or of all.</summary>
    private async Task<(long Changes, long Taken)> PeekAsync(string? changed, bool isAdmission = false, bool mayDelete = false)
    {
        var looks = await Task.WhenAll(_tokens.Select(async token => (Token: token, Seen: await token.PeekAsync(app.Redis))));
        foreach (var (token, seen) in looks)
        {
            Changes += seen.Changes;
            Assert.True(seen.Changes >= 0, $"{token.Token.Id} went backwards.");
            Assert.True(changed is null || token.Token.Id == changed || seen == (0, 0), $"{token.Token.Id} changed, which was not meant.");
            if (isAdmission)
                token.Admitted += (int)seen.Changes;
        }

        var gone = _tokens.Where(token => token.IsDeleted).ToList();
        Deleted += gone.Count;
        _tokens.RemoveAll(token => token.IsDeleted);
        Assert.True(mayDelete || gone.TrueForAll(token => token.Token.Id == changed), "A token was deleted, which was not meant.");

        return (looks.Sum(look => look.Seen.Changes), looks.Sum(look => look.Seen.Taken));
    }

    private async Task AddTokenAsync()
    {
        var answer = await app.AdminAsync(HttpMethod.Post, "/flow/tokens", _random.Next(5) switch
        {
            0 => """{"ws_id":"ws","email":"a@example.com","operation":"unlimited","quota_type":"count","total_quota":3}""",
            1 => """{"ws_id":"ws","email":"a@example.com","operation":"unlimited","quota_type":"count","total_quota":2000000000,"rate_limit_per_minute":5}""",
            2 => """{"ws_id":"ws","email":"a@example.com","operation":"unlimited"}""",
            _ => """{"ws_id":"ws","email":"a@example.com","operation":"add","days":30,"quota_type":"hybrid","total_quota":2000000000}""",
        });
        Adopt(Envelope.Data(answer));
        _tokens.Add(_everyToken[^1]);
        await _tokens[^1].PeekAsync(app.Redis);
    }

    private void Adopt(JsonElement created)
    {
        var token = new TestToken(created.GetProperty("access_token").GetString()!, created.GetProperty("token_id").GetString()!);
        Assert.StartsWith($"{token.Id}_", token.Full, StringComparison.Ordinal);
        _everyToken.Add(new FuzzedToken(token));
        _secrets.Add(token.Full[(token.Id.Length + 1)..]);
    }

    private void Renew(JsonElement rotated)
    {
        var token = new TestToken(rotated.GetProperty("access_token").GetString()!, rotated.GetProperty("token_id").GetString()!);
        _everyToken.Single(known => known.Token.Id == token.Id).Token = token;
        _secrets.Add(token.Full[(token.Id.Length + 1)..]);
    }

    public void Dispose() => _connections.Dispose();

    private void Count(int status) => Statuses[status] = Statuses.GetValueOrDefault(status) + 1;

    public override string ToString() =>
        string.Join(", ", Statuses.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {pair.Value}")));
}
