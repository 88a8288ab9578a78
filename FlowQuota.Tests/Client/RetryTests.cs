using System.Net;
using System.Text.Json;
using FlowQuota.Client;
using FlowQuota.Client.Administration;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlowQuota.Tests.Client;

/// <summary>
/// Protects who calls through the client from what happens between it and FlowQuota: what may be repeated is, as the same request
/// and within its limits, and nothing else is.
/// </summary>
public sealed class RetryTests
{
    private static readonly Uri Address = new("http://flowquota.test/prefix");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Fact]
    public async Task A_call_is_repeated_as_the_same_request_until_it_is_answered()
    {
        var replies = Script(() => ScriptedReplies.Away(), () => throw new HttpRequestException("lost"), () => Page(HttpStatusCode.BadGateway),
            () => ScriptedReplies.Json(HttpStatusCode.OK, ScriptedReplies.Consumed));

        var result = await PassTimeAsync(Client(replies).ConsumeAsync(3, "image", "order-17"));

        Assert.Equal((true, 9), (result.IsAllowed, result.RemainingQuota));
        Assert.Equal(4, replies.Tries.Count);
        var same = Assert.Single(replies.Tries.Select(one => one with { At = default }).Distinct());
        Assert.Equal(("Bearer flow_a_b", "\"order-17\"", """{"cost":3,"meter":"image"}"""), (same.Authorization, same.IdempotencyKey, same.Body));
        Assert.Equal("http://flowquota.test/prefix/flow/consume", same.Uri.AbsoluteUri);
        Assert.Equal(result.RequestId, same.RequestId);
    }

    [Fact]
    public async Task Each_call_that_takes_something_has_a_key_of_its_own()
    {
        var replies = Script(() => ScriptedReplies.Json(HttpStatusCode.OK, ScriptedReplies.Consumed));
        var client = Client(replies);
        await client.ConsumeAsync();
        await client.ConsumeAsync();

        Assert.Equal(2, replies.Tries.Select(one => one.IdempotencyKey).OfType<string>().Distinct().Count());
        Assert.Equal(2, replies.Tries.Select(one => one.RequestId).OfType<string>().Distinct().Count());
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("Tue, 01 Jan 2030 00:00:07 GMT", 7)]
    public async Task Retry_After_is_honoured(string retryAfter, int seconds)
    {
        var replies = Script(() => ScriptedReplies.Away(retryAfter), () => ScriptedReplies.Json(HttpStatusCode.OK, ScriptedReplies.Consumed));

        await PassTimeAsync(Client(replies).ConsumeAsync());

        Assert.InRange(replies.Tries[1].At - replies.Tries[0].At, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds + 1));
    }

    [Fact]
    public async Task What_can_not_be_waited_for_fails_at_once()
    {
        var replies = Script(() => ScriptedReplies.Away("31"));

        var failure = await Assert.ThrowsAsync<FlowQuotaException>(() => Client(replies).ConsumeAsync(idempotencyKey: "k"));

        Assert.Single(replies.Tries);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", TimeSpan.FromSeconds(31), true, "k"),
            (failure.Status, failure.ErrorType, failure.RetryAfter, failure.IsTransient, failure.IdempotencyKey));
    }

    [Fact]
    public async Task The_number_of_tries_and_the_time_of_all_are_bounded()
    {
        var replies = Script(() => throw new HttpRequestException("refused"));
        var failure = await Assert.ThrowsAsync<FlowQuotaException>(() => PassTimeAsync(Client(replies).ConsumeAsync()));
        Assert.Equal((6, null, true), (replies.Tries.Count, failure.Status, failure.IsTransient));
        Assert.Contains("refused", failure.Message, StringComparison.Ordinal);
        Assert.Equal(replies.Tries[0].RequestId, failure.RequestId);

        replies = Script(() => ScriptedReplies.Away("8"));
        failure = await Assert.ThrowsAsync<FlowQuotaException>(() => PassTimeAsync(Client(replies).ConsumeAsync()));
        Assert.Equal((4, HttpStatusCode.ServiceUnavailable), (replies.Tries.Count, failure.Status));
        Assert.InRange(_time.GetUtcNow() - replies.Tries[0].At, TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(30));

        replies = Script(() => ScriptedReplies.Away());
        await Assert.ThrowsAsync<FlowQuotaException>(() => Client(replies, maxRetries: 0).ConsumeAsync());
        Assert.Single(replies.Tries);
    }

    [Fact]
    public async Task Pauses_grow_and_are_drawn_at_random()
    {
        var replies = Script(() => ScriptedReplies.Away());
        await Assert.ThrowsAsync<FlowQuotaException>(() => PassTimeAsync(Client(replies, maxRetries: 30).ConsumeAsync()));

        var pauses = replies.Tries.Zip(replies.Tries.Skip(1), (one, next) => next.At - one.At).ToArray();
        Assert.True(pauses[0] < TimeSpan.FromSeconds(2), $"{pauses[0]}");
        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.Zero, TimeSpan.FromSeconds(6)));
        Assert.InRange(pauses.Length, 6, 25);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "ValidationError")]
    [InlineData(HttpStatusCode.Unauthorized, "AuthenticationError")]
    [InlineData(HttpStatusCode.NotFound, "NotFound")]
    [InlineData(HttpStatusCode.RequestTimeout, "RequestTimeout")]
    [InlineData(HttpStatusCode.Conflict, "ReservationEnded")]
    [InlineData(HttpStatusCode.UnprocessableEntity, "IdempotencyMismatch")]
    [InlineData(HttpStatusCode.InternalServerError, "InternalError")]
    public async Task What_repeats_cannot_mend_is_thrown_at_once(HttpStatusCode status, string type)
    {
        var replies = Script(() => ScriptedReplies.Refused(status, type));

        var failure = await Assert.ThrowsAsync<FlowQuotaException>(() => Client(replies).ConsumeAsync());

        Assert.Single(replies.Tries);
        Assert.Equal((status, type, false), (failure.Status, failure.ErrorType, failure.IsTransient));
        Assert.DoesNotContain("flow_a_b", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_goes_on_is_asked_for_again()
    {
        var replies = Script(() => ScriptedReplies.Refused(HttpStatusCode.Conflict, "IdempotencyInProgress", "1"),
            () => ScriptedReplies.Json(HttpStatusCode.OK, """{"success":true,"result":7,"logs":[],"quota":null,"timing":{"executionTime":1,"totalTime":2}}"""));

        Assert.Equal(7, (await PassTimeAsync(Client(replies).ExecuteAsync("return 7"))).ValueAs<int>());
    }

    [Fact]
    public async Task What_is_no_response_of_FlowQuota_is_said_to_be_none()
    {
        foreach (var reply in new Func<HttpResponseMessage>[]
        {
            () => Page(HttpStatusCode.OK), () => Page(HttpStatusCode.TooManyRequests), () => Page(HttpStatusCode.Found), () => new HttpResponseMessage(HttpStatusCode.OK),
            () => ScriptedReplies.Json(HttpStatusCode.OK, """{"success":true}"""), () => ScriptedReplies.Json(HttpStatusCode.OK, """{"success":true,"data":null}"""),
            () => ScriptedReplies.Json(HttpStatusCode.OK, """{"success":true,"data":{"remaining_quota":"9"}}"""),
            () => ScriptedReplies.Json(HttpStatusCode.OK, new string('[', 10_000)), () => ScriptedReplies.Json(HttpStatusCode.BadRequest, """{"success":false,"error":{}}"""),
            () => ScriptedReplies.Json(HttpStatusCode.OK, "[]"), () => ScriptedReplies.Json(HttpStatusCode.OK, "null"),
        })
        {
            var client = Client(Script(reply));
            foreach (var call in new Func<Task>[] { () => client.ConsumeAsync(), () => client.ExecuteAsync("1"), () => client.GetQuotaAsync() })
            {
                var failure = await Assert.ThrowsAsync<FlowQuotaException>(call);
                Assert.Equal((null, false), (failure.ErrorType, failure.IsTransient));
                Assert.NotNull(failure.Status);
            }
        }
    }

    [Fact]
    public async Task A_response_without_end_is_given_up_and_not_asked_for_again()
    {
        var replies = Script(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new EndlessStream()) });
        using var http = new HttpClient(replies) { MaxResponseContentBufferSize = 1 << 20 };

        var failure = await Assert.ThrowsAsync<FlowQuotaException>(() => new FlowQuotaClient(http, Options(), _time).ConsumeAsync());

        Assert.Single(replies.Tries);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task A_pause_ends_when_the_caller_cancels()
    {
        var replies = Script(() => ScriptedReplies.Away("20"));
        using var cancel = new CancellationTokenSource();
        var call = Client(replies).ConsumeAsync(cancellationToken: cancel.Token);
        await Eventually.TrueAsync(() => replies.Tries.Count == 1);
        Assert.False(call.IsCompleted);

        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client(replies).ConsumeAsync(cancellationToken: cancel.Token));
    }

    [Fact]
    public async Task The_timeout_of_a_shared_HttpClient_is_a_lost_try()
    {
        var replies = Script(() => throw new TaskCanceledException("", new TimeoutException()), () => ScriptedReplies.Json(HttpStatusCode.OK, ScriptedReplies.Consumed));
        Assert.True((await PassTimeAsync(Client(replies).ConsumeAsync())).IsAllowed);
    }

    [Fact]
    public async Task Clients_of_many_tokens_share_an_HttpClient_and_none_gets_the_token_of_another()
    {
        var replies = Script(() => ScriptedReplies.Json(HttpStatusCode.OK, ScriptedReplies.Consumed));
        using var http = new HttpClient(replies);
        http.DefaultRequestHeaders.Add("Authorization", "Bearer of-the-application");
        var first = new FlowQuotaClient(http, Options(), _time);
        string[] tokens = Enumerable.Range(0, 100).Select(i => $"flow_{i}_secret").ToArray();

        await Task.WhenAll(tokens.Select(token => first.WithAccessToken(token).ConsumeAsync(meter: token.Replace("_secret", "", StringComparison.Ordinal))));

        Assert.Equal(tokens.Order(), replies.Tries.Select(one => one.Authorization!["Bearer ".Length..]).Order());
        Assert.All(replies.Tries, one => Assert.Equal($"Bearer {Meter(one)}_secret", one.Authorization));
    }

    [Fact]
    public async Task What_would_change_a_request_s_head_or_path_is_refused_before_it_is_sent()
    {
        var replies = Script(() => ScriptedReplies.Json(HttpStatusCode.OK, ScriptedReplies.Consumed));
        var client = Client(replies);
        using var http = new HttpClient(replies);
        var admin = new FlowQuotaAdminClient(http, Options(), _time);
        foreach (string token in new[] { "", " ", "flow_a\r\nX-Evil: 1", "flow_ä", "flow a", new string('x', 2000) })
        {
            var failure = Assert.Throws<ArgumentException>(() => client.WithAccessToken(token));
            Assert.DoesNotContain("Evil", failure.Message, StringComparison.Ordinal);
        }

        foreach (string key in new[] { "", "a b", "a\r\nX-Evil: 1", "\"", new string('x', 129) })
            await Assert.ThrowsAsync<ArgumentException>(() => client.ConsumeAsync(idempotencyKey: key));
        foreach (string id in new[] { "", " ", ".", ".." })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => client.CommitAsync(id, 1));
            await Assert.ThrowsAsync<ArgumentException>(() => client.FindCallAsync(id));
            await Assert.ThrowsAsync<ArgumentException>(() => admin.DeleteTokenAsync(id));
        }

        Assert.Empty(replies.Tries);
        await Assert.ThrowsAsync<FlowQuotaException>(() => client.GetReservationAsync("a/../../b?c#d"));
        Assert.Equal("/prefix/flow/reserve/a%2F..%2F..%2Fb%3Fc%23d", replies.Tries[0].Uri.AbsolutePath);
        await Assert.ThrowsAsync<FlowQuotaException>(() => admin.RechargeAsync("flow_id_secret", 1));
        Assert.Equal("/prefix/flow/tokens/flow_id", replies.Tries[1].Uri.AbsolutePath);
    }

    [Fact]
    public async Task Missing_arguments_and_settings_are_named()
    {
        using var http = new HttpClient();
        var client = Client(Script(() => ScriptedReplies.Away()));
        Assert.Throws<ArgumentNullException>(() => new FlowQuotaClient(null!, Options()));
        Assert.Throws<ArgumentNullException>(() => new FlowQuotaAdminClient(http, null!));
        Assert.Throws<ArgumentNullException>(() => client.WithAccessToken(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.ExecuteAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.ConsumeBatchAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetReservationAsync(null!));
        _ = new FlowQuotaClient(http, new FlowQuotaOptions { BaseAddress = new Uri("https+http://service-discovery") });
        foreach (string? address in new[] { null, "ftp://a", "/flow", "http://a?b=c" })
        {
            var wrong = new FlowQuotaOptions { BaseAddress = address is null ? null : new Uri(address, UriKind.RelativeOrAbsolute) };
            Assert.Contains("BaseAddress", Assert.Throws<ArgumentException>(() => new FlowQuotaClient(http, wrong)).Message, StringComparison.Ordinal);
        }

        var hasty = new FlowQuotaOptions { BaseAddress = Address, Retry = new FlowQuotaRetryOptions { TryTimeout = TimeSpan.Zero } };
        Assert.Contains("TryTimeout", Assert.Throws<ArgumentException>(() => new FlowQuotaClient(http, hasty)).Message, StringComparison.Ordinal);
        var nobody = new FlowQuotaClient(http, new FlowQuotaOptions { BaseAddress = Address });
        Assert.Contains("AccessToken", (await Assert.ThrowsAsync<InvalidOperationException>(() => nobody.ConsumeAsync())).Message, StringComparison.Ordinal);
    }

    private static string? Meter(ReceivedTry one) => JsonDocument.Parse(one.Body).RootElement.GetProperty("meter").GetString();

    private static HttpResponseMessage Page(HttpStatusCode status) => new(status) { Content = new StringContent("<html>proxy</html>") };

    private static FlowQuotaOptions Options(int maxRetries = 5) =>
        new() { BaseAddress = Address, AccessToken = "flow_a_b", AdminToken = "admin", Retry = new FlowQuotaRetryOptions { MaxRetries = maxRetries } };

    private ScriptedReplies Script(params Func<HttpResponseMessage>[] replies) => new(_time, replies);

    private FlowQuotaClient Client(ScriptedReplies replies, int maxRetries = 5) => new(new HttpClient(replies), Options(maxRetries), _time);

    /// <summary>Lets time pass until a call ends, without waiting for it.</summary>
    private async Task<T> PassTimeAsync<T>(Task<T> call)
    {
        while (!call.IsCompleted)
        {
            await Task.Yield();
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        return await call;
    }
}
