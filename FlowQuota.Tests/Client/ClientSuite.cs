using System.Net;
using System.Text.Json;
using FlowQuota.Client;
using FlowQuota.Client.Administration;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Client;

/// <summary>Protects the users of the client: what it sends is what FlowQuota reads, and what it returns is what FlowQuota answered.</summary>
public abstract class ClientSuite
{
    private readonly TestApp _app;
    private readonly FlowQuotaAdminClient _admin;

    protected ClientSuite(ContractApp shared)
    {
        _app = shared.App;
        _admin = new FlowQuotaAdminClient(_app.Client, Options(_app.Client.BaseAddress!));
    }

    [SuiteFact]
    public async Task A_consume_takes_its_cost_and_a_refused_one_takes_nothing()
    {
        var (token, client) = await CreateAsync();

        var taken = await client.ConsumeAsync(8, "image", "order-17");
        var refused = await client.ConsumeAsync(3);

        Assert.Equal((true, 2, 10, false), (taken.IsAllowed, taken.RemainingQuota, taken.TotalQuota, taken.IsReplayed));
        Assert.Equal((false, RefusalReason.QuotaExceeded, null), (refused.IsAllowed, refused.Refusal?.Reason, refused.Refusal?.RetryAfter));
        Assert.Contains("2 left", refused.Refusal!.Message, StringComparison.Ordinal);
        var row = await AppLedger.LastRowAsync(_app, token);
        Assert.Equal((10, 2, -8, "consume"), AppLedger.Figures(row));
        Assert.Equal((taken.RequestId, "image", "order-17"),
            (row.GetProperty("request_id").GetString(), row.GetProperty("meter").GetString(), row.GetProperty("idempotency_key").GetString()));
    }

    [SuiteFact]
    public async Task A_key_of_the_caller_s_own_is_charged_once_and_another_call_under_it_is_an_error()
    {
        var (token, client) = await CreateAsync();
        var first = await client.ConsumeAsync(2, idempotencyKey: "order-17");
        var again = await client.ConsumeAsync(2, idempotencyKey: "order-17");

        Assert.Equal((true, first.RequestId, 8), (again.IsReplayed, again.RequestId, again.RemainingQuota));
        var failure = await Assert.ThrowsAsync<FlowQuotaException>(() => client.ConsumeAsync(3, idempotencyKey: "order-17"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "IdempotencyMismatch", false), (failure.Status, failure.ErrorType, failure.IsTransient));
        Assert.Equal(8, await AppLedger.RemainingAsync(_app, token));
    }

    [SuiteFact]
    public async Task A_rate_limit_says_how_long_to_wait()
    {
        var (_, client) = await CreateAsync("""{"rate_limit_per_minute":1,"rate_limit_window_seconds":3600}""");
        Assert.True((await client.CheckAsync()).IsAllowed);
        Assert.True((await client.ConsumeAsync()).IsAllowed);

        foreach (var refusal in new[]
        {
            (await client.ConsumeAsync()).Refusal, (await client.CheckAsync()).Refusal, (await client.ReserveAsync(1)).Refusal,
            (await client.ConsumeBatchAsync([new BatchItem()])).Refusal, (await client.ExecuteAsync("return 1")).Refusal,
        })
        {
            Assert.Equal(RefusalReason.RateLimit, refusal?.Reason);
            Assert.InRange(refusal!.RetryAfter!.Value, TimeSpan.FromSeconds(3000), TimeSpan.FromSeconds(3600));
        }
    }

    [SuiteFact]
    public async Task A_check_takes_nothing()
    {
        var (token, client) = await CreateAsync();
        var (may, mayNot) = (await client.CheckAsync(10), await client.CheckAsync(11));

        Assert.Equal((true, 10), (may.IsAllowed, may.RemainingQuota));
        Assert.Equal((false, RefusalReason.QuotaExceeded, 10), (mayNot.IsAllowed, mayNot.Refusal?.Reason, mayNot.RemainingQuota));
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [SuiteFact]
    public async Task A_batch_is_charged_as_a_whole_or_item_by_item()
    {
        var (token, client) = await CreateAsync();
        var refused = await client.ConsumeBatchAsync([new BatchItem(3), new BatchItem(8)]);
        Assert.Equal((false, RefusalReason.QuotaExceeded, 0), (refused.IsAllowed, refused.Refusal?.Reason, refused.Items.Count));

        var batch = await client.ConsumeBatchAsync([new BatchItem(3, "image", "a"), new BatchItem(8), new BatchItem(3, "image", "a")], atomic: false);

        Assert.Equal((true, 3, 7, 10), (batch.IsAllowed, batch.Consumed, batch.RemainingQuota, batch.TotalQuota));
        Assert.Equal(
            [new BatchItemResult(BatchItemStatus.Consumed), new(BatchItemStatus.Refused, "QuotaExceeded"), new(BatchItemStatus.Repeated)], batch.Items);
        Assert.Equal(7, await AppLedger.RemainingAsync(_app, token));
    }

    [SuiteFact]
    public async Task A_quota_that_refills_is_read_with_its_period()
    {
        var (_, client) = await CreateAsync("""{"total_quota":null,"period":{"unit":"month","amount":100,"time_zone":"Europe/Berlin","carry_over":null}}""");
        await client.ConsumeAsync(40);

        var quota = await client.GetQuotaAsync();

        Assert.Equal((QuotaType.Count, 100, 60, 40, 0, 0, true), (quota.Type, quota.Total, quota.Remaining, quota.Consumed, quota.Reserved, quota.Bought, quota.IsActive));
        Assert.Equal((PeriodUnit.Month, 1, 100, "Europe/Berlin", null, 1),
            (quota.Period!.Unit, quota.Period.Every, quota.Period.Amount, quota.Period.TimeZone, quota.Period.CarryOver, quota.Period.Index));
        Assert.InRange(quota.Period.EndsAt - quota.Period.StartsAt, TimeSpan.FromDays(27), TimeSpan.FromDays(32));
        Assert.NotNull((await client.ConsumeAsync(61)).Refusal!.RetryAfter);

        var (_, timed) = await CreateAsync("""{"quota_type":"time","total_quota":null,"operation":"add","days":1}""");
        Assert.Equal((true, null), ((await timed.ConsumeAsync()).IsAllowed, (await timed.ConsumeAsync()).RemainingQuota));
        Assert.Equal((QuotaType.Time, null, null), ((await timed.GetQuotaAsync()).Type, (await timed.GetQuotaAsync()).Total, (await timed.GetQuotaAsync()).Period));
        Assert.InRange((await timed.GetQuotaAsync()).ExpiresAt!.Value - DateTime.UtcNow.Add(ContractApp.UtcOffset), TimeSpan.FromHours(23), TimeSpan.FromHours(24));
    }

    [SuiteFact]
    public async Task What_was_used_of_a_reservation_is_taken_and_the_rest_comes_back()
    {
        var (token, client) = await CreateAsync();
        var reserved = await client.ReserveAsync(7, TimeSpan.FromMinutes(1), "chat");
        Assert.True(reserved.IsAllowed);
        Assert.Equal((ReservationState.Open, 7, 3, "chat"), (reserved.Reservation.State, reserved.Reservation.Reserved, reserved.RemainingQuota, reserved.Reservation.Meter));
        Assert.Equal(7, (await client.GetQuotaAsync()).Reserved);
        var refused = await client.ReserveAsync(4);
        Assert.Equal((null, RefusalReason.QuotaExceeded, 7), (refused.Reservation, refused.Refusal?.Reason, refused.Refusal?.ReservedQuota));

        string id = reserved.Reservation.Id;
        var overrun = await Assert.ThrowsAsync<FlowQuotaException>(() => client.CommitAsync(id, 11, Overrun.Refuse));
        Assert.Equal((HttpStatusCode.Conflict, "ReservationOverrun"), (overrun.Status, overrun.ErrorType));
        var committed = await client.CommitAsync(id, 5);

        Assert.Equal((ReservationState.Committed, 5, 2, 0, false, 5), (committed.State, committed.Consumed, committed.Released, committed.Uncovered, committed.IsLate, committed.RemainingQuota));
        Assert.Equal(committed, await client.CommitAsync(id, 5));
        Assert.Equal(committed, await client.GetReservationAsync(id));
        Assert.Equal("ReservationEnded", (await Assert.ThrowsAsync<FlowQuotaException>(() => client.CancelAsync(id))).ErrorType);
        var other = await client.ReserveAsync(5);
        Assert.Equal((ReservationState.Cancelled, 5), ((await client.CancelAsync(other.Reservation!.Id)).State, (await client.GetQuotaAsync()).Remaining));
        Assert.Equal((5, 10, 5), await AppLedger.QuotaAsync(_app, token));
    }

    [SuiteFact]
    public async Task Code_runs_with_its_input_and_what_it_returns_logs_or_throws_is_a_result()
    {
        var (_, client) = await CreateAsync();

        var good = await client.ExecuteAsync("console.log('ä', input.unitPrice); return {total: input.unitPrice * 2, none: null}", new { UnitPrice = 21 });
        Assert.True(good.IsSuccess);
        Assert.Equal((42, 9), (good.ValueAs<Sum>()!.Total, good.RemainingQuota));
        Assert.Equal(["ä 21"], good.Logs);
        Assert.Equal(JsonValueKind.Null, (await client.ExecuteAsync(";")).Value?.ValueKind);

        var bad = await client.ExecuteAsync("console.log('before'); throw new TypeError('no')");
        Assert.Equal((true, false, "RuntimeError", null), (bad.IsAllowed, bad.IsSuccess, bad.Error?.Type, bad.Value));
        Assert.Contains("no", bad.Error!.Message, StringComparison.Ordinal);
        Assert.NotNull(bad.Error.Stack);
        Assert.Equal(["before"], bad.Logs);
        Assert.Throws<InvalidOperationException>(() => bad.ValueAs<int>());
        Assert.Equal("SyntaxError", (await client.ExecuteAsync("return (")).Error?.Type);
        Assert.Equal(6, (await client.GetQuotaAsync()).Remaining);

        var wrong = await Assert.ThrowsAsync<FlowQuotaException>(() => client.ExecuteAsync(new string(' ', 70_000)));
        Assert.Equal((HttpStatusCode.BadRequest, "ValidationError"), (wrong.Status, wrong.ErrorType));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.ExecuteAsync("return '\ud800'"));
    }

    [SuiteFact]
    public async Task A_call_is_found_by_its_request()
    {
        var (token, client) = await CreateAsync();
        var taken = await client.ConsumeAsync(3, idempotencyKey: "order-17");

        var found = await client.FindCallAsync(taken.RequestId);

        Assert.Equal((taken.RequestId, token.Id, true, 3), (found.RequestId, found.TokenId, found.IsCharged, found.Units));
        var change = Assert.Single(found.Changes);
        Assert.Equal(("consume", 10, 7, -3, null, "order-17"), (change.Action, change.QuotaBefore, change.QuotaAfter, change.QuotaChange, change.ExecutionSuccess, change.IdempotencyKey));
        Assert.Equal((false, 0), ((await client.FindCallAsync("no-such-call")).IsCharged, (await client.FindCallAsync("no-such-call")).Changes.Count));
    }

    [SuiteFact]
    public async Task Invariant11_A_call_whose_reply_is_lost_is_charged_once()
    {
        var token = await _app.CreateTokenAsync();
        await using var proxy = new TcpProxy(_app.Client.BaseAddress!.Port);
        int lost = 0;
        var client = ClientOf(token, new Uri($"http://127.0.0.1:{proxy.Port}"));
        void LoseReplies(int count)
        {
            lost = count;
            proxy.CutsReply = () => Interlocked.Decrement(ref lost) >= 0;
        }

        LoseReplies(2);
        var taken = await client.ConsumeAsync(2);
        Assert.Equal((true, 8, true), (taken.IsAllowed, taken.RemainingQuota, taken.IsReplayed));
        LoseReplies(1);
        var run = await client.ExecuteAsync("return 6 * 7");
        Assert.Equal((42, 7), (run.ValueAs<int>(), run.RemainingQuota));
        LoseReplies(1);
        var hold = await client.ReserveAsync(4);
        LoseReplies(1);
        Assert.Equal(3, (await client.CommitAsync(hold.Reservation!.Id, 3)).Consumed);
        LoseReplies(1);
        Assert.Equal(1, (await client.ConsumeBatchAsync([new BatchItem()])).Consumed);

        Assert.Equal((3, 10, 7), await AppLedger.QuotaAsync(_app, token));
        Assert.Equal(["init", "consume", "consume", "reserve", "release", "consume", "consume"],
            (await AppLedger.RowsAsync(_app, token)).Select(row => row.GetProperty("action").GetString()));
    }

    [SuiteFact]
    public async Task An_admin_creates_finds_changes_rotates_and_deletes_a_token()
    {
        string workspace = $"ws-{Guid.NewGuid():N}";
        var issued = await _admin.CreateTokenAsync(new NewToken(workspace, "a@example.com")
        {
            QuotaType = QuotaType.Hybrid,
            TotalQuota = 10,
            Days = 2,
            RateLimitPerMinute = 60,
            RateLimitBurst = 5,
            Name = "first",
            Tags = ["team:a"],
            Metadata = JsonSerializer.SerializeToElement(new { plan = "pro" }),
        });
        var token = issued.Token;
        Assert.Equal((workspace, QuotaType.Hybrid, 10, 60, 5, 60, "first"),
            (token.WorkspaceId, token.QuotaType, token.RemainingQuota, token.RateLimitPerMinute, token.RateLimitBurst, token.RateLimitWindowSeconds, token.Name));
        Assert.Equal("pro", token.Metadata!.Value.GetProperty("plan").GetString());
        Assert.DoesNotContain(issued.AccessToken!, issued.ToString(), StringComparison.Ordinal);
        Assert.True((await ClientOf(issued.AccessToken!).ConsumeAsync(4)).IsAllowed);

        var changed = await _admin.ChangeTokenAsync(issued.AccessToken!, new TokenChange
        {
            QuotaType = QuotaType.Count,
            Removes = TokenFields.ExpiresAt | TokenFields.RateLimitBurst | TokenFields.Tags | TokenFields.Metadata,
            Name = "second",
            RateLimitPerMinute = 30,
        });
        Assert.Equal((QuotaType.Count, null, null, 30, "second", 0, null),
            (changed.QuotaType, changed.ExpiresAt, changed.RateLimitBurst, changed.RateLimitPerMinute, changed.Name, changed.Tags.Count, changed.Metadata));
        Assert.Equal((11, 15), await RechargedAsync(token.TokenId, 5));
        await Assert.ThrowsAsync<ArgumentException>(() => _admin.ChangeTokenAsync(token.TokenId, new TokenChange { Name = "x", Removes = TokenFields.Name }));

        var rotated = await _admin.RotateTokenAsync(token.TokenId, TimeSpan.FromMinutes(5));
        Assert.Equal((1, true), (rotated.Token.Rotation, rotated.Token.PreviousValidUntil is not null));
        Assert.True((await ClientOf(issued.AccessToken!).CheckAsync()).IsAllowed);
        Assert.True((await ClientOf(rotated.AccessToken!).CheckAsync()).IsAllowed);

        Assert.Equal("second", (await _admin.FindTokenAsync(rotated.AccessToken!))?.Name);
        await _admin.DeleteTokenAsync(token.TokenId);
        Assert.Null(await _admin.FindTokenAsync(token.TokenId));
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<FlowQuotaException>(() => _admin.DeleteTokenAsync(token.TokenId))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<FlowQuotaException>(() => ClientOf(rotated.AccessToken!).ConsumeAsync())).Status);
    }

    [SuiteFact]
    public async Task Tokens_are_found_page_by_page_as_they_are_read()
    {
        string workspace = $"ws {Guid.NewGuid():N} & ä";
        for (int i = 0; i < 5; i++)
            await _admin.CreateTokenAsync(new NewToken(workspace, "a@example.com") { QuotaType = QuotaType.Count, TotalQuota = i + 1, Tags = ["team:a", $"n:{i}"], Name = $"n{i}" });
        var filter = new TokenFilter { WorkspaceId = workspace, Tags = ["team:a"], IsActive = true, QuotaType = QuotaType.Count, NamePrefix = "n", PageSize = 2 };

        Assert.Equal([1, 2, 3, 4, 5], await TotalsAsync(filter));
        Assert.Equal([5, 4, 3, 2, 1], await TotalsAsync(filter with { Sort = TokenSort.Name, IsDescending = true }));
        Assert.Equal([2], await TotalsAsync(filter with { Tags = ["n:1"] }));
        Assert.Empty(await TotalsAsync(filter with { Email = "b@example.com" }));
    }

    [SuiteFact]
    public async Task Invariant15_An_admin_s_change_whose_reply_is_lost_is_made_once()
    {
        await using var proxy = new TcpProxy(_app.Client.BaseAddress!.Port);
        int lost = 1;
        proxy.CutsReply = () => Interlocked.Decrement(ref lost) >= 0;
        using var http = new HttpClient();
        var admin = new FlowQuotaAdminClient(http, Options(new Uri($"http://127.0.0.1:{proxy.Port}")));
        string workspace = $"ws-{Guid.NewGuid():N}";

        // Its secret was shown in the reply that is lost.
        var issued = await admin.CreateTokenAsync(new NewToken(workspace, "a@example.com") { QuotaType = QuotaType.Count, TotalQuota = 10 });
        Assert.Null(issued.AccessToken);
        Assert.Equal([10], await TotalsAsync(new TokenFilter { WorkspaceId = workspace }));
        string secret = (await admin.RotateTokenAsync(issued.Token.TokenId)).AccessToken!;
        lost = 1;
        Assert.Equal(15, (await admin.RechargeAsync(issued.Token.TokenId, 5)).RemainingQuota);
        Assert.Equal(15, (await ClientOf(secret).GetQuotaAsync()).Remaining);
        lost = 1;
        await admin.DeleteTokenAsync(issued.Token.TokenId);
    }

    private async Task<(TestToken Token, FlowQuotaClient Client)> CreateAsync(string fields = "{}")
    {
        var token = await _app.CreateTokenAsync(TokenBody.With(fields));
        return (token, ClientOf(token.Full));
    }

    private FlowQuotaClient ClientOf(string accessToken) => new FlowQuotaClient(_app.Client, Options(_app.Client.BaseAddress!)).WithAccessToken(accessToken);

    private FlowQuotaClient ClientOf(TestToken token, Uri address) => new FlowQuotaClient(_app.Client, Options(address)).WithAccessToken(token.Full);

    // A busy machine must not turn a slow response into a lost one.
    private static FlowQuotaOptions Options(Uri address) => new()
    {
        BaseAddress = address,
        AdminToken = TestApp.AdminToken,
        Retry = new FlowQuotaRetryOptions { BaseDelay = TimeSpan.FromMilliseconds(10), TryTimeout = TimeSpan.FromSeconds(30), TotalTimeout = TimeSpan.FromMinutes(1) },
    };

    private async Task<(int? Remaining, int? Total)> RechargedAsync(string token, int amount)
    {
        var recharged = await _admin.RechargeAsync(token, amount);
        return (recharged.RemainingQuota, recharged.TotalQuota);
    }

    private async Task<List<int?>> TotalsAsync(TokenFilter filter)
    {
        var totals = new List<int?>();
        await foreach (var token in _admin.FindTokensAsync(filter))
            totals.Add(token.TotalQuota);
        return totals;
    }

    private sealed record Sum(int Total);
}
