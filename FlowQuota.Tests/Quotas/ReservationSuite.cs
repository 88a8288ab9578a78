using Dapper;
using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Reservations;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Invariant 12: a hold ends exactly once.</summary>
public abstract class ReservationSuite(Stores stores) : LedgerSuite(stores)
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(1);

    [SuiteFact]
    public async Task Invariant12_What_was_used_is_consumed_and_the_rest_comes_back()
    {
        var holder = await Domain.IssueAsync(1000);

        var made = await ReserveAsync(holder, 500, meter: "gpt");
        Assert.Equal((AdmissionStatus.Admitted, 500, 1000, 500),
            (made.Status, made.Allowance!.Remaining, made.Allowance.Total, made.Allowance.Reserved));
        Assert.Equal((ReservationState.Open, 500, "gpt"), (made.Reservation!.State, made.Reservation.Amount, made.Reservation.Meter));
        await AssertBalancedAsync(holder);

        var committed = await CommitAsync(holder, made, 420);
        Assert.Equal(HoldStatus.Done, committed.Status);
        Assert.Equal(new LiveQuota(580, 1000), committed.Quota);
        Assert.Equal((ReservationState.Committed, 420, 80, 0, false),
            (committed.Reservation!.State, committed.Reservation.Consumed, committed.Reservation.Released, committed.Reservation.Uncovered, committed.Reservation.IsLate));

        Assert.Equal(["init 1000", "reserve -500", "release 500", "consume -420"], await ChangesAsync(holder));
        Assert.All((await LogAsync(holder)).Skip(1), row => Assert.Equal((made.Reservation.Id, "gpt"), (row.ReservationId, row.Meter)));
        await AssertBalancedAsync(holder);
        Assert.Equal(committed.Reservation, Assert.Single(await Domain.Reservations.ListAsync(holder.Id, 10, default)));
        Assert.Equal(0, (await Domain.Tokens.FindAsync(holder.Id, default))!.ReservedQuota);
    }

    [SuiteFact]
    public async Task Invariant12_A_reservation_that_is_ended_again_answers_what_it_did_first()
    {
        var holder = await Domain.IssueAsync(100);
        var (used, unused) = (await ReserveAsync(holder, 10), await ReserveAsync(holder, 20));
        var first = await CommitAsync(holder, used, 4);
        await EndAsync(holder, unused, HoldOperation.Cancel);

        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(first with { Status = HoldStatus.DoneBefore, Quota = new LiveQuota(96, 100) }, await CommitAsync(holder, used, 4));
            Assert.Equal(HoldStatus.Mismatch, (await CommitAsync(holder, used, 5)).Status);
            Assert.Equal(HoldStatus.EndedOtherwise, (await EndAsync(holder, used, HoldOperation.Cancel)).Status);
            Assert.Equal(HoldStatus.DoneBefore, (await EndAsync(holder, unused, HoldOperation.Cancel)).Status);
            Assert.Equal(HoldStatus.EndedOtherwise, (await CommitAsync(holder, unused, 4)).Status);

            // The second time Redis has forgotten how they ended, and SQL knows.
            await Domain.DrainAsync();
            await Redis.KeyDeleteAsync(HoldKeys(holder, used, unused));
        }

        Assert.Equal(["init 100", "reserve -10", "reserve -20", "release 10", "consume -4", "release 20"], await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task More_than_was_held_is_taken_from_what_is_left_or_refused()
    {
        var holder = await Domain.IssueAsync(20);
        var (refused, clamped) = (await ReserveAsync(holder, 5), await ReserveAsync(holder, 5));

        Assert.Equal(HoldStatus.Overrun, (await CommitAsync(holder, refused, 6, refuses: true)).Status);
        Assert.Equal(ReservationState.Open, (await EndAsync(holder, refused, HoldOperation.Look)).Reservation!.State);
        var committed = await CommitAsync(holder, clamped, 40);

        Assert.Equal((15, 0, 25), (committed.Reservation!.Consumed, committed.Reservation.Released, committed.Reservation.Uncovered));
        Assert.Equal(new LiveQuota(0, 20) { Reserved = 5 }, committed.Quota);
        Assert.Equal(HoldStatus.DoneBefore, (await CommitAsync(holder, clamped, 40)).Status);
        Assert.Equal((5, 0), ((await CommitAsync(holder, refused, 5, refuses: true)).Reservation!.Consumed, await CounterAsync(holder)));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant12_Nothing_used_is_a_release_and_no_call()
    {
        var holder = await Domain.IssueAsync(20);
        await CommitAsync(holder, await ReserveAsync(holder, 5), 0);

        Assert.Equal(["init 20", "reserve -5", "release 5"], await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant12_A_reservation_that_nobody_ends_ends_with_the_next_touch_and_a_late_commit_takes_what_it_needs_once()
    {
        var holder = await Domain.IssueAsync(20);
        var made = await ReserveAsync(holder, 15, AtOnce);
        await PastAsync(made);

        // Without the end of the hold this call would not fit.
        Assert.Equal(10, (await Domain.AdmitAsync(holder, cost: 10)).Allowance!.Remaining);
        var late = await CommitAsync(holder, made, 12);

        Assert.Equal((ReservationState.Committed, 10, 2, true),
            (late.Reservation!.State, late.Reservation.Consumed, late.Reservation.Uncovered, late.Reservation.IsLate));
        Assert.Equal(HoldStatus.DoneBefore, (await CommitAsync(holder, made, 12)).Status);
        Assert.Equal(["init 20", "reserve -15", "release 15", "consume -10", "consume -10"], await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant12_The_sweep_ends_what_nobody_touches_also_of_a_token_that_Redis_does_not_hold()
    {
        var (hot, cold) = (await Domain.IssueAsync(20), await Domain.IssueAsync(20));
        var (one, other) = (await ReserveAsync(hot, 15, AtOnce), await ReserveAsync(cold, 15, AtOnce));
        await Domain.DrainAsync();
        await Stores.FlushRedisAsync();
        await Domain.AdmitAsync(hot, cost: 0);
        await PastAsync(one);
        await PastAsync(other);

        await Domain.Reservations.ExpireAsync(default);

        foreach (var holder in new[] { hot, cold })
        {
            Assert.Equal(["init 20", "reserve -15", "release 15"], await ChangesAsync(holder));
            Assert.Equal(ReservationState.Expired, Assert.Single(await Domain.Reservations.ListAsync(holder.Id, 10, default)).State);
            await AssertBalancedAsync(holder);
        }

        Assert.Equal(0, await Domain.Reservations.ExpireAsync(default));
    }

    [SuiteFact]
    public async Task Invariant12_Commit_cancel_and_the_end_of_its_time_at_one_instant_are_one_release()
    {
        var holder = await Domain.IssueAsync(1000);
        await using var other = await Stores.StartAsync();
        int rounds = Rounds.Of(few: 40, many: 1000);
        for (int i = 0; i < rounds; i++)
        {
            var made = await ReserveAsync(holder, 3, TimeSpan.FromMilliseconds(Random.Shared.Next(1, 6)));
            await Task.WhenAll(
                CommitAsync(holder, made, 0),
                other.Reservations.ChangeAsync(Change(holder, made, HoldOperation.Cancel), default),
                other.AdmitAsync(holder, cost: 0),
                other.Ledger.LookAsync(holder.Id));
        }

        await Eventually.TrueAsync(async () => (await Domain.Ledger.LookAsync(holder.Id))!.Reserved == 0);
        var rows = await LogAsync(holder);
        Assert.Equal(rounds, rows.Count(row => row.Action == QuotaAction.Reserve));
        Assert.All(rows.Where(row => row.ReservationId is not null).GroupBy(row => row.ReservationId),
            hold => Assert.Equal(1, hold.Count(row => row.Action == QuotaAction.Release)));
        Assert.Equal(1000, await CounterAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Parallel_reservations_never_exceed_the_quota_and_say_what_is_held()
    {
        var holder = await Domain.IssueAsync(100);
        await using var other = await Stores.StartAsync();

        var made = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => ReserveAsync(holder, 3, domain: i % 2 == 0 ? Domain : other)));

        Assert.Equal(33, made.Count(one => one.Status == AdmissionStatus.Admitted));
        var refused = await ReserveAsync(holder, 3);
        Assert.Equal((AdmissionStatus.Exhausted, 1, 99), (refused.Status, refused.Allowance!.Remaining, refused.Allowance.Reserved));
        Assert.Equal((AdmissionStatus.Exhausted, 99), await ConsumeAsync(holder, 2));
        await AssertBalancedAsync(holder);

        async Task<(AdmissionStatus, int)> ConsumeAsync(TestHolder caller, int cost) =>
            await Domain.AdmitAsync(caller, cost) is var answer ? (answer.Status, answer.Allowance!.Reserved) : default;
    }

    [SuiteFact]
    public async Task A_token_has_at_most_a_thousand_open_reservations()
    {
        var holder = await Domain.IssueAsync(5000);
        var made = await Task.WhenAll(Enumerable.Range(0, 1010).Select(_ => ReserveAsync(holder, 1)));

        Assert.Equal(1000, made.Count(one => one.Status == AdmissionStatus.Admitted));
        Assert.Equal(10, made.Count(one => one.Status == AdmissionStatus.TooManyReservations));
        await CommitAsync(holder, made.First(one => one.Reservation is not null), 1);
        Assert.Equal(AdmissionStatus.Admitted, (await ReserveAsync(holder, 1)).Status);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task A_token_without_a_quota_has_nothing_to_reserve()
    {
        var holder = await Domain.IssueAsync(quota: null);
        Assert.Equal(AdmissionStatus.Unmetered, (await ReserveAsync(holder, 1)).Status);
    }

    [SuiteFact]
    public async Task Only_the_holder_of_the_token_ends_its_reservation()
    {
        var (holder, stranger) = (await Domain.IssueAsync(10), await Domain.IssueAsync(10));
        var made = await ReserveAsync(holder, 5);

        Assert.Equal(HoldStatus.NotFound, (await CommitAsync(stranger, made, 5)).Status);
        var forged = await Domain.Reservations.ChangeAsync(
            Change(holder, made, HoldOperation.Commit) with { Presented = new PresentedToken(holder.Id, new string('0', 64)), Used = 5 }, default);
        Assert.Equal(HoldStatus.Unknown, forged.Status);
        Assert.Equal(ReservationState.Open, (await EndAsync(holder, made, HoldOperation.Look)).Reservation!.State);
    }

    [SuiteFact]
    public async Task A_disabled_token_commits_and_cancels_and_reserves_no_more()
    {
        var holder = await Domain.IssueAsync(10);
        var (one, other) = (await ReserveAsync(holder, 2), await ReserveAsync(holder, 3));
        await Domain.ChangeAsync(holder, new TokenChange { IsActive = false });

        Assert.Equal(AdmissionStatus.Disabled, (await ReserveAsync(holder, 1)).Status);
        Assert.Equal(2, (await CommitAsync(holder, one, 2)).Reservation!.Consumed);
        Assert.Equal(new LiveQuota(8, 10), (await EndAsync(holder, other, HoldOperation.Cancel)).Quota);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Open_reservations_come_back_with_a_cold_load()
    {
        var holder = await Domain.IssueAsync(100);
        var (one, other) = (await ReserveAsync(holder, 10), await ReserveAsync(holder, 20));
        await CommitAsync(holder, other, 5);
        await Domain.DrainAsync();
        await Stores.FlushRedisAsync();

        Assert.Equal(10, (await Domain.AdmitAsync(holder)).Allowance!.Reserved);
        Assert.Equal(10, (await Domain.Tokens.FindAsync(holder.Id, default))!.ReservedQuota);
        Assert.Equal(7, (await CommitAsync(holder, one, 7)).Reservation!.Consumed);
        Assert.Equal(HoldStatus.DoneBefore, (await CommitAsync(holder, other, 5)).Status);
        Assert.Equal(100 - 5 - 1 - 7, await CounterAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Reservations_that_SQL_does_not_know_yet_are_not_lost_with_a_cold_load()
    {
        var holder = await Domain.IssueAsync(100);
        var ended = await ReserveAsync(holder, 30);
        await Domain.DrainAsync();
        await CommitAsync(holder, ended, 1);
        var open = await ReserveAsync(holder, 10);
        await EvictAsync(holder);

        Assert.Equal((89, 10), ((await Domain.AdmitAsync(holder, cost: 0)).Allowance!.Remaining, (await Domain.AdmitAsync(holder, cost: 0)).Allowance!.Reserved));
        Assert.Equal(4, (await CommitAsync(holder, open, 4)).Reservation!.Consumed);
        Assert.Equal(95, await CounterAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task What_is_held_stays_held_when_an_admin_changes_the_quota()
    {
        (QuotaOperation Operation, int? Amount, int Left, int Total)[] cases =
            [(QuotaOperation.Add, 50, 130, 150), (QuotaOperation.Set, 50, 50, 70), (QuotaOperation.Reset, 200, 180, 200), (QuotaOperation.Reset, 5, 0, 20), (QuotaOperation.Reset, null, 80, 100)];
        foreach (var (operation, amount, left, total) in cases)
        {
            var holder = await Domain.IssueAsync(100);
            var made = await ReserveAsync(holder, 20);

            var changed = await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = operation, QuotaAmount = amount });

            Assert.Equal((left, total, 20), (changed!.RemainingQuota, changed.TotalQuota, changed.ReservedQuota));
            await AssertBalancedAsync(holder);
            Assert.Equal(new LiveQuota(left + 15, total), (await CommitAsync(holder, made, 5)).Quota);
            await AssertBalancedAsync(holder);
        }
    }

    [SuiteFact]
    public async Task A_refund_gives_no_more_than_was_used()
    {
        var holder = await Domain.IssueAsync(10);
        var call = (await Domain.AdmitAsync(holder, cost: 2)).Call!;
        await ReserveAsync(holder, 5);
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Reset });

        Assert.False(await Domain.Ledger.RefundAsync(call));

        Assert.Equal(5, await CounterAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task A_reservation_of_a_token_that_lost_its_quota_ends_and_gives_nothing_back()
    {
        var holder = await Domain.IssueAsync(10);
        var made = await ReserveAsync(holder, 4);
        await Domain.ChangeAsync(holder, new TokenChange { QuotaType = QuotaType.Time });

        Assert.Equal(ReservationState.Cancelled, (await EndAsync(holder, made, HoldOperation.Cancel)).Reservation!.State);

        Assert.Equal(["init 10", "reserve -4", "init -6", "release 0"], await ChangesAsync(holder));
        Assert.Equal(ReservationState.Cancelled, Assert.Single(await Domain.Reservations.ListAsync(holder.Id, 10, default)).State);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant10_What_comes_back_to_a_period_that_is_over_lapses_and_what_was_bought_comes_back()
    {
        // Ten of the period and five bought; of twelve held, two were bought.
        (int Used, int Back, string[] Rows)[] cases =
        [
            (0, 2, ["release 2", "release 10", "expire -10"]),
            (4, 2, ["release 2", "release 10", "expire -6", "consume -4"]),
            (11, 1, ["release 1", "release 11", "consume -11"]),
            (12, 0, ["release 12", "consume -12"]),
        ];
        var (rule, ends) = EndingSoon(carryOver: 0);
        List<(TestHolder Holder, AdmissionResult Made)> reserved = [];
        for (int i = 0; i < cases.Length; i++)
        {
            var holder = await Domain.IssueInPeriodAsync(rule, new PeriodState(3, ends.AddHours(-1), ends, 10, 5), left: 15);
            reserved.Add((holder, await ReserveAsync(holder, 12)));
        }

        await PastAsync(ends);
        foreach (var ((used, back, rows), (holder, made)) in cases.Zip(reserved))
        {
            // Three were left, all bought, and ten are added.
            var turned = (await Domain.AdmitAsync(holder, cost: 0)).Allowance!;
            Assert.Equal((13, 13, 0), (turned.Remaining, turned.Total, turned.Reserved));
            await AssertBalancedAsync(holder);
            var committed = await CommitAsync(holder, made, used);

            Assert.Equal((13 + back, 13 + back, 0), (committed.Quota!.Remaining, committed.Quota.Total, committed.Quota.Reserved));
            Assert.Equal(3 + back, committed.Quota.Period!.Bought);
            Assert.Equal(["init 15", "reserve -12", "refill 10", .. rows], await ChangesAsync(holder));
            await AssertBalancedAsync(holder);
        }
    }

    [SuiteFact]
    public async Task Invariant10_A_reservation_whose_time_is_over_before_the_period_ends_in_that_period()
    {
        var (rule, ends) = EndingSoon(carryOver: 3);
        var holder = await Domain.IssueInPeriodAsync(rule, new PeriodState(3, ends.AddHours(-1), ends, 10, 0), left: 10);
        var made = await ReserveAsync(holder, 8, AtOnce);
        await PastAsync(ends);

        Assert.Equal(13, (await Domain.Ledger.LookAsync(holder.Id))!.Remaining);

        Assert.True(made.Reservation!.ExpiresAt < ends);
        Assert.Equal(["init 10", "reserve -8", "release 8", "expire -7", "refill 10"], await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant11_A_reservation_is_made_once_under_its_key_and_answers_what_it_did_first()
    {
        var holder = await Domain.IssueAsync(100);
        var key = IdempotencyKey.Of("reserve", "key", "10"u8) with { Text = "key" };

        var sends = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ReserveAsync(holder, 10, key: key)));

        var first = Assert.Single(sends, one => !one.IsRepeat);
        Assert.All(sends, one => Assert.Equal((first.Reservation, 90, 10), (one.Reservation, one.Allowance!.Remaining, one.Allowance.Reserved)));
        await CommitAsync(holder, first, 3);
        Assert.Equal(first.Reservation, (await ReserveAsync(holder, 10, key: key)).Reservation);
        Assert.Equal(["init 100", "reserve -10", "release 10", "consume -3"], await ChangesAsync(holder));
        Assert.Equal("key", (await LogAsync(holder))[1].IdempotencyKey);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Verify_finds_what_is_held_changed_by_hand()
    {
        var holder = await Domain.IssueAsync(100);
        await ReserveAsync(holder, 10);
        await AssertBalancedAsync(holder);

        string due = (await FieldAsync(holder, "due"))!;
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "due", due.Replace(" 10 ", " 11 ", StringComparison.Ordinal));
        Assert.Equal([LedgerProblem.Live], await ProblemsAsync(holder));
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "due", due);

        foreach (var (change, restore) in new[]
        {
            ("UPDATE access_tokens SET reserved_quota = 9", "UPDATE access_tokens SET reserved_quota = 10"),
            ("UPDATE quota_reservations SET state = 'cancelled'", "UPDATE quota_reservations SET state = 'open'"),
            ("UPDATE quota_reservations SET amount = 9", "UPDATE quota_reservations SET amount = 10"),
            ("UPDATE quota_reservations SET consumed = 1", "UPDATE quota_reservations SET consumed = 0"),
        })
        {
            await ExecuteAsync(change, holder);
            Assert.Contains("hold", await ProblemsAsync(holder));
            await ExecuteAsync(restore, holder);
        }

        await AssertBalancedAsync(holder);
    }

    private static HoldChange Change(TestHolder holder, AdmissionResult made, HoldOperation operation) =>
        new(holder.Id, made.Reservation!.Id, operation, "end") { Presented = holder.Presented };

    private Task<AdmissionResult> ReserveAsync(
        TestHolder holder, int amount, TimeSpan? life = null, string meter = "", IdempotencyKey? key = null, TestDomain? domain = null) =>
        (domain ?? Domain).Reservations.ReserveAsync(holder.Presented, amount, life ?? Long, meter, Guid.CreateVersion7().ToString(), key);

    private Task<HoldResult> CommitAsync(TestHolder holder, AdmissionResult made, int used, bool refuses = false) =>
        Domain.Reservations.ChangeAsync(Change(holder, made, HoldOperation.Commit) with { Used = used, RefusesOverrun = refuses }, default);

    private Task<HoldResult> EndAsync(TestHolder holder, AdmissionResult made, HoldOperation operation) =>
        Domain.Reservations.ChangeAsync(Change(holder, made, operation), default);

    /// <summary>Waits until the time of a reservation is over by the clock of Redis.</summary>
    private Task PastAsync(AdmissionResult made) => PastAsync(made.Reservation!.ExpiresAt);

    private Task PastAsync(DateTime time) => Eventually.TrueAsync(async () => await NowAsync() > new DateTimeOffset(time).ToUnixTimeMilliseconds());

    /// <summary>Ten units an hour, of which one ends in a second or two: enough to make tokens in it.</summary>
    private static (PeriodRule Rule, DateTime Ends) EndingSoon(int carryOver)
    {
        var soon = DateTime.UtcNow.AddSeconds(2);
        var ends = soon.AddTicks(-(soon.Ticks % TimeSpan.TicksPerSecond));
        return (new PeriodRule(PeriodUnit.Hour, 1, Amount: 10, ends, "UTC", carryOver), ends);
    }

    private RedisKey[] HoldKeys(TestHolder holder, params AdmissionResult[] made) =>
        [.. made.Select(one => Domain.Keyspace.ForHold(holder.Id, one.Reservation!.Id)[^1])];

    private async Task<IReadOnlyList<string>> ChangesAsync(TestHolder holder) =>
        [.. (await LogAsync(holder)).Select(entry => $"{SqlEnums.Of(entry.Action)} {entry.QuotaChange}")];

    private async Task<IReadOnlyList<string>> ProblemsAsync(TestHolder holder)
    {
        await Domain.DrainAsync();
        return [.. (await Domain.Get<LedgerVerification>().VerifyAsync(holder.Id, default)).Problems.Select(problem => problem.Problem).Distinct()];
    }

    private async Task ExecuteAsync(string statement, TestHolder holder)
    {
        string column = statement.Contains("access_tokens", StringComparison.Ordinal) ? "access_token" : "token";
        await using var connection = await Stores.Sql.OpenAsync(default);
        await connection.ExecuteAsync($"{statement} WHERE {column} = @Id", new { holder.Id });
    }
}
