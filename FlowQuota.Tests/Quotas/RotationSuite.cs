using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects the exchange of a secret: the new one is good at once, the earlier one until its grace ends, and no other; quota and
/// ledger stay.
/// </summary>
public abstract class RotationSuite(Stores stores) : LedgerSuite(stores)
{
    private const int Day = 86_400;

    private int _requests;

    [SuiteFact]
    public async Task Invariant7_Without_a_grace_the_new_secret_takes_the_place_of_the_old_one()
    {
        var old = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(old, cost: 3);

        var present = await RotateAsync(old);

        Assert.Equal(AdmissionStatus.Unknown, (await Domain.AdmitAsync(old)).Status);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(present)).Status);
        Assert.Equal((old.Id, 1, true), (present.Id, present.Token.Rotation, present.Token.RotatedAt is not null));
        Assert.Null(present.Token.PreviousValidUntil);
        Assert.Equal([10, 7, 6], (await LedgerAsync(old)).Select(row => row.After));
        await AssertBalancedAsync(present);
    }

    [SuiteFact]
    public async Task Invariant7_With_a_grace_both_secrets_are_good_until_it_ends_by_the_clock_of_Redis()
    {
        var old = await Domain.IssueAsync(10);

        var present = await RotateAsync(old, Day);

        Assert.Equal(present.Token.RotatedAt!.Value.AddSeconds(Day), present.Token.PreviousValidUntil);
        Assert.All(await StatusesAsync(old, present), status => Assert.Equal(AdmissionStatus.Admitted, status));
        await SetFieldsAsync(old, ("earlier_until", await NowAsync() - 1));
        Assert.Equal([AdmissionStatus.Unknown, AdmissionStatus.Admitted], await StatusesAsync(old, present));
    }

    [SuiteFact]
    public async Task Invariant7_At_most_one_earlier_secret_is_good()
    {
        var first = await Domain.IssueAsync(10);
        var second = await RotateAsync(first, Day);

        var third = await RotateAsync(first, Day);
        Assert.Equal([AdmissionStatus.Unknown, AdmissionStatus.Admitted, AdmissionStatus.Admitted], await StatusesAsync(first, second, third));

        var fourth = await RotateAsync(first);
        Assert.Equal([AdmissionStatus.Unknown, AdmissionStatus.Unknown, AdmissionStatus.Admitted], await StatusesAsync(second, third, fourth));
        Assert.Equal(3, fourth.Token.Rotation);
    }

    [SuiteFact]
    public async Task Invariant7_The_grace_is_ended_at_once_and_may_be_ended_again()
    {
        var old = await Domain.IssueAsync(10);
        var present = await RotateAsync(old, Day);

        for (int i = 0; i < 2; i++)
        {
            var token = await Domain.Get<TokenRotation>().EndGraceAsync(old.Id, $"end-{i}", default);
            Assert.Equal((1, null), (token!.Rotation, token.PreviousValidUntil));
            Assert.Equal([AdmissionStatus.Unknown, AdmissionStatus.Admitted], await StatusesAsync(old, present));
        }
    }

    [SuiteFact]
    public async Task Invariant7_A_cold_load_and_a_later_change_keep_the_earlier_secret_and_its_end()
    {
        var old = await Domain.IssueAsync(10);
        var present = await RotateAsync(old, Day);

        await EvictAsync(old);
        Assert.All(await StatusesAsync(old, present), status => Assert.Equal(AdmissionStatus.Admitted, status));
        await Domain.ChangeAsync(old, new TokenChange { RateLimitPerMinute = OptionalLimit.To(100) });
        Assert.All(await StatusesAsync(old, present), status => Assert.Equal(AdmissionStatus.Admitted, status));
        Assert.Equal(await FieldAsync(old, "earlier_until"), new DateTimeOffset(present.Token.PreviousValidUntil!.Value).ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [SuiteFact]
    public async Task Both_secrets_end_reservations_and_an_earlier_one_without_grace_does_not()
    {
        var old = await Domain.IssueAsync(10);
        var made = (await Domain.Reservations.ReserveAsync(old.Presented, 4, TimeSpan.FromHours(1), "", "reserve", null)).Reservation!;
        HoldChange Commit(TestHolder by) => new(by.Id, made.Id, HoldOperation.Commit, "commit") { Presented = by.Presented, Used = 3 };
        var present = await RotateAsync(old, Day);

        Assert.Equal(HoldStatus.Done, (await Domain.Reservations.ChangeAsync(Commit(old), default)).Status);
        Assert.Equal(HoldStatus.DoneBefore, (await Domain.Reservations.ChangeAsync(Commit(present), default)).Status);
        await Domain.Get<TokenRotation>().EndGraceAsync(old.Id, "end", default);
        Assert.Equal(HoldStatus.Unknown, (await Domain.Reservations.ChangeAsync(Commit(old), default)).Status);
        await AssertBalancedAsync(present);
    }

    [SuiteFact]
    public async Task Invariant15_A_repeat_makes_no_secret_and_shows_none()
    {
        var old = await Domain.IssueAsync(10);
        var rotation = Domain.Get<TokenRotation>();
        var first = await rotation.RotateAsync(old.Id, Day, "once", null, default);

        var again = await rotation.RotateAsync(old.Id, Day, "once", null, default);

        Assert.Null(again!.FullToken);
        Assert.Equal((1, first!.Token.PreviousValidUntil), (again.Token.Rotation, again.Token.PreviousValidUntil));
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(Holder(first))).Status);
        await Assert.ThrowsAsync<IdempotencyMismatchException>(() => rotation.RotateAsync(old.Id, 0, "once", null, default));
    }

    [SuiteFact]
    public async Task Invariant15_Repeats_at_once_on_several_instances_make_one_secret()
    {
        await using var second = await Stores.StartAsync();
        var old = await Domain.IssueAsync(10);

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? Domain : second).Get<TokenRotation>().RotateAsync(old.Id, 0, "once", null, default)));

        var shown = Assert.Single(results, result => result!.FullToken is not null);
        Assert.All(results, result => Assert.Equal(1, result!.Token.Rotation));
        Assert.Equal([AdmissionStatus.Unknown, AdmissionStatus.Admitted], await StatusesAsync(old, Holder(shown!)));
    }

    /// <summary>The secret that the dead process made is in force after a repeat, but nobody has it; the next rotation ends it.</summary>
    [SuiteFact]
    public async Task Invariant7_A_repeat_ends_the_old_secret_if_the_process_died_between_SQL_and_Redis()
    {
        var old = await Domain.IssueAsync(10);
        await using (var dying = await Stores.StartAsync(services => DyingStores.Replace(services, DeathAt.AfterSqlHasTheTerms)))
            await Assert.ThrowsAsync<DyingStores.DeathException>(() => dying.Get<TokenRotation>().RotateAsync(old.Id, 0, "once", null, default));

        var again = await Domain.Get<TokenRotation>().RotateAsync(old.Id, 0, "once", null, default);

        Assert.Equal((null, 1), (again!.FullToken, again.Token.Rotation));
        Assert.Equal(AdmissionStatus.Unknown, (await Domain.AdmitAsync(old)).Status);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(await RotateAsync(old))).Status);
    }

    [SuiteFact]
    public async Task A_token_that_was_never_rotated_has_no_field_for_it()
    {
        var holder = await Domain.IssueAsync(10);
        Assert.Null(await FieldAsync(holder, "earlier_secret"));
        await RotateAsync(holder, Day);
        Assert.NotNull(await FieldAsync(holder, "earlier_secret"));
        await RotateAsync(holder);
        Assert.Null(await FieldAsync(holder, "earlier_secret"));
        Assert.Null(await Domain.Get<TokenRotation>().RotateAsync("flow_nobody", 0, "request", null, default));
    }

    private async Task<TestHolder> RotateAsync(TestHolder holder, int graceSeconds = 0) =>
        Holder((await Domain.Get<TokenRotation>().RotateAsync(holder.Id, graceSeconds, $"rotate-{++_requests}", null, default))!);

    private TestHolder Holder(IssuedToken issued) => new(issued.Token, Domain.Get<TokenCodec>().Read(issued.FullToken)!);

    private async Task<IReadOnlyList<AdmissionStatus>> StatusesAsync(params TestHolder[] holders)
    {
        List<AdmissionStatus> statuses = [];
        foreach (var holder in holders)
            statuses.Add((await Domain.AdmitAsync(holder)).Status);
        return statuses;
    }
}
