using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlowQuota.Tests.Storage;

public abstract class QuotaLogStoreSuite(SqlFixture sql)
{
    private readonly SqlQuotaLogStore _store = new(sql.Dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance);
    private readonly string _token = Samples.NewTokenId();

    [SuiteFact]
    public async Task An_entry_is_read_back_as_it_was()
    {
        var entry = Samples.NewEntry(_token, 1) with
        {
            WorkspaceId = Samples.AwkwardText,
            Email = new string('\u6f22', 255),
            QuotaBefore = null,
            QuotaAfter = null,
            QuotaChange = 0,
            RequestId = new string('r', 64),
            ExecutionSuccess = false,
            ExecutionErrorType = new string('t', 100),
            ExecutionErrorMessage = string.Concat(Enumerable.Repeat("\ud83d\ude80", 250)),
            CreatedAt = new DateTime(2026, 11, 22, 23, 59, 59, 999, DateTimeKind.Utc),
        };

        Assert.Equal(0, await _store.WriteAsync([entry, Samples.NewEntry(_token, 2) with { ExecutionErrorMessage = Samples.AwkwardText }], default));

        var rows = await ReadAllAsync();
        Assert.Equal(entry with { Id = rows[1].Id }, rows[1]);
        Assert.Equal(DateTimeKind.Utc, rows[1].CreatedAt.Kind);
        Assert.True(rows[1].Id > 0);
        Assert.Equal(Samples.AwkwardText, rows[0].ExecutionErrorMessage);
    }

    [SuiteFact]
    public async Task Writing_again_changes_nothing()
    {
        var entries = Enumerable.Range(1, 1200).Select(seq => Samples.NewEntry(_token, seq) with { ExecutionSuccess = seq % 2 == 0 }).ToArray();
        await _store.WriteAsync(entries, default);
        var before = await ReadAllAsync();

        Assert.Equal(0, await _store.WriteAsync([.. entries, .. entries], default));

        Assert.Equal(1000, before.Count);
        Assert.Equal(before, await ReadAllAsync());
        Assert.Equal(1200, (await ReadAsync()).Total);
    }

    [SuiteFact]
    public async Task A_call_and_its_outcome_are_one_row_in_either_order_and_in_one_batch()
    {
        var outcome = (QuotaLogEntry entry) => entry with { ExecutionSuccess = false, ExecutionErrorType = "RuntimeError", ExecutionErrorMessage = "x is not defined" };
        var (first, second, third) = (Samples.NewEntry(_token, 1), Samples.NewEntry(_token, 2), Samples.NewEntry(_token, 3));

        await _store.WriteAsync([first], default);
        await _store.WriteAsync([outcome(first)], default);
        await _store.WriteAsync([outcome(second)], default);
        await _store.WriteAsync([second], default);
        await _store.WriteAsync([third, outcome(third)], default);

        Assert.Equal(
            [outcome(third), outcome(second), outcome(first)],
            (await ReadAllAsync()).Select(row => row with { Id = 0 }));
    }

    [SuiteFact]
    public async Task A_late_outcome_fills_in_a_row_and_makes_none()
    {
        string token = Samples.NewTokenId();
        var late = (long seq) => Samples.NewEntry(token, seq) with { ExecutionSuccess = true, IsLateOutcome = true };
        await _store.WriteAsync([late(1)], default);
        Assert.Empty((await _store.ReadAsync(new QuotaLogQuery(token, null, null, null, 1, 10), default)).Entries);

        await _store.WriteAsync([Samples.NewEntry(token, 1)], default);
        await _store.WriteAsync([late(1), late(2), Samples.NewEntry(token, 3), late(3)], default);

        var rows = (await _store.ReadAsync(new QuotaLogQuery(token, null, null, null, 1, 10), default)).Entries;
        Assert.Equal([3, 1], rows.Select(row => row.Position.Seq));
        Assert.All(rows, row => Assert.True(row.ExecutionSuccess));
    }

    // Others write rows that the drain will write, too: an admin's change, and what a drain before it did not remove.
    [SuiteFact]
    public async Task A_writer_that_knows_the_newest_change_still_finds_the_rows_of_others()
    {
        var newest = new NewestPositions();
        var mine = Samples.NewEntry(_token, 1);
        var (change, call) = (Samples.NewEntry(_token, 2), Samples.NewEntry(_token, 3));
        await _store.WriteAsync([mine], newest, default);
        await _store.WriteAsync([change, call], default);

        Assert.Equal(0, await _store.WriteAsync([change, call with { ExecutionSuccess = true, IsLateOutcome = true }], newest, default));
        Assert.Equal(1, await _store.WriteAsync([change with { RequestId = "another", CreatedAt = change.CreatedAt.AddMinutes(-1) }], newest, default));

        var rows = await ReadAllAsync();
        Assert.Equal([3, 2, 1], rows.Select(row => row.Position.Seq));
        Assert.Equal([true, null, null], rows.Select(row => row.ExecutionSuccess));
    }

    [SuiteFact]
    public async Task A_writer_that_cannot_remember_more_positions_reads_them_again()
    {
        var newest = new NewestPositions();
        for (int i = 0; i < 100_000; i++)
            newest.Add($"token {i}", new LedgerPosition(1, 1));
        Assert.False(newest.IsNewer(_token, new LedgerPosition(1, 2)));

        await _store.WriteAsync([Samples.NewEntry(_token, 1)], newest, default);

        Assert.True(newest.IsNewer(_token, new LedgerPosition(1, 2)));
        Assert.False(newest.IsNewer(_token, new LedgerPosition(1, 1)));
        Assert.False(newest.IsNewer("token 1", new LedgerPosition(1, 2)));
    }

    [SuiteFact]
    public async Task An_outcome_that_is_known_is_never_overwritten()
    {
        var entry = Samples.NewEntry(_token, 1) with { ExecutionSuccess = true };

        await _store.WriteAsync([entry], default);
        await _store.WriteAsync([entry with { ExecutionSuccess = false }], default);

        Assert.True(Assert.Single(await ReadAllAsync()).ExecutionSuccess);
    }

    [SuiteFact]
    public async Task Another_change_at_a_stored_position_is_set_aside_also_when_made_at_another_time()
    {
        var stored = Samples.NewEntry(_token, 1);
        await _store.WriteAsync([stored], default);
        long letters = await CountDeadLettersAsync();

        int aside = await _store.WriteAsync(
            [
                stored with { RequestId = "another" , ExecutionSuccess = false },
                Samples.NewEntry(_token, 2),
            ],
            default);
        aside += await _store.WriteAsync([stored with { RequestId = "yet-another", CreatedAt = stored.CreatedAt.AddMinutes(-3) }], default);
        aside += await _store.WriteAsync([stored with { Action = QuotaAction.Refund, CreatedAt = stored.CreatedAt.AddHours(3) }], default);

        Assert.Equal(3, aside);
        Assert.Equal(letters + 3, await CountDeadLettersAsync());
        var rows = await ReadAllAsync();
        Assert.Equal([2L, 1L], rows.Select(row => row.Position.Seq));
        Assert.Equal(stored with { Id = rows[1].Id }, rows[1]);
        string reason = Assert.Single(await sql.QueryAsync<string>(
            "SELECT reason FROM quota_dead_letters WHERE payload LIKE @mine AND payload LIKE '%yet-another%'", new { mine = $"%{_token}%" }));
        Assert.Contains(stored.RequestId, reason, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task Of_two_changes_at_one_position_in_a_batch_the_first_stays()
    {
        var entry = Samples.NewEntry(_token, 1);

        Assert.Equal(1, await _store.WriteAsync([entry, entry with { RequestId = "another" }], default));

        Assert.Equal(entry.RequestId, Assert.Single(await ReadAllAsync()).RequestId);
    }

    [SuiteFact]
    public async Task What_SQL_refuses_for_its_content_is_set_aside_and_the_rest_goes_through()
    {
        var entries = Enumerable.Range(1, 900).Select(seq => Samples.NewEntry(_token, seq)).ToArray();
        entries[10] = entries[10] with { ExecutionErrorMessage = new string('x', 501) };
        entries[11] = entries[11] with { ExecutionErrorType = new string('x', 101) };
        entries[600] = entries[600] with { RequestId = "caf\u00e9" };
        entries[899] = entries[899] with { Email = new string('x', 256) };

        Assert.Equal(4, await _store.WriteAsync(entries, default));

        Assert.Equal(896, (await ReadAsync()).Total);
        Assert.Equal(4, await _store.WriteAsync(entries, default));
        Assert.Equal(4, Assert.Single(await sql.QueryAsync<long>(
            "SELECT COUNT(*) FROM quota_dead_letters WHERE payload LIKE @mine", new { mine = $"%{_token}%" })));
    }

    [SuiteFact]
    public async Task What_is_no_entry_is_kept_once_as_it_was_found()
    {
        string payload = $"{_token}{{broken {Samples.AwkwardText}{new string('z', 100_000)}";

        await _store.DeadLetterAsync(payload, new string('r', 2000), default);
        await _store.DeadLetterAsync(payload, "again", default);

        var letter = Assert.Single(await sql.QueryAsync<(string Payload, string Reason)>(
            "SELECT payload, reason FROM quota_dead_letters WHERE payload LIKE @mine", new { mine = $"{_token}%" }));
        Assert.Equal((payload, new string('r', 500)), letter);
    }

    [SuiteFact]
    public async Task Pages_are_newest_first_by_position_and_count_everything()
    {
        await _store.WriteAsync([.. Enumerable.Range(1, 5).SelectMany(seq => new[] { Samples.NewEntry(_token, seq), Samples.NewEntry(_token, seq, epoch: 2) })], default);

        List<LedgerPosition> paged = [];
        for (int page = 1; page <= 5; page++)
        {
            var result = await _store.ReadAsync(new QuotaLogQuery(_token, null, null, null, page, 3), default);
            Assert.Equal(10, result.Total);
            paged.AddRange(result.Entries.Select(entry => entry.Position));
        }

        Assert.Equal(10, paged.Count);
        Assert.Equal(paged.OrderDescending(), paged);
    }

    [SuiteFact]
    public async Task Rows_are_filtered_by_time_and_action()
    {
        await _store.WriteAsync(
            [
                .. Enumerable.Range(0, 10).Select(day => Samples.NewEntry(_token, day + 1, createdAt: Samples.Noon.AddDays(day)) with
                {
                    Action = day % 2 == 0 ? QuotaAction.Consume : QuotaAction.Recharge,
                }),
            ],
            default);

        var some = await _store.ReadAsync(
            new QuotaLogQuery(_token, Samples.Noon.AddDays(2), Samples.Noon.AddDays(6), null, 1, 100), default);
        var consumed = await _store.ReadAsync(
            new QuotaLogQuery(_token, Samples.Noon.AddDays(2), Samples.Noon.AddDays(6), QuotaAction.Consume, 1, 100), default);

        Assert.Equal([6L, 5L, 4L, 3L], some.Entries.Select(entry => entry.Position.Seq));
        Assert.Equal([5L, 3L], consumed.Entries.Select(entry => entry.Position.Seq));
        Assert.Equal(2, consumed.Total);
        Assert.Equal(0, (await _store.ReadAsync(new QuotaLogQuery("flow_\u00e9", null, null, null, 1, 10), default)).Total);
    }

    [SuiteFact]
    public async Task Writers_at_once_with_the_same_entries_leave_one_row_a_change()
    {
        var entries = Enumerable.Range(1, 400).Select(seq => Samples.NewEntry(_token, seq)).ToArray();
        var outcomes = entries.Select(entry => entry with { ExecutionSuccess = true }).Reverse().ToArray();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => _store.WriteAsync(i % 2 == 0 ? entries : outcomes, default))));

        var rows = await ReadAllAsync();
        Assert.Equal(400, rows.Count);
        Assert.All(rows, row => Assert.True(row.ExecutionSuccess));
    }

    private Task<QuotaLogPage> ReadAsync() => _store.ReadAsync(new QuotaLogQuery(_token, null, null, null, 1, 1000), default);

    private async Task<IReadOnlyList<QuotaLogEntry>> ReadAllAsync() => (await ReadAsync()).Entries;

    private async Task<long> CountDeadLettersAsync() => Assert.Single(await sql.QueryAsync<long>("SELECT COUNT(*) FROM quota_dead_letters"));
}
