using System.Globalization;
using Dapper;
using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Simulation;

/// <summary>
/// Random operations and faults, one at a time, on two instances over real stores, with a model beside them. After each
/// step Redis must agree with the model; at intervals everything is drained and the ledger must balance.
/// </summary>
internal sealed partial class Simulation : IAsyncDisposable
{
    private const int StepsBetweenSettlings = 60;
    private const int MostTokens = 6;

    private readonly Stores _stores;
    private readonly Random _random;
    private readonly CutPoint _cut = new();
    private readonly List<TestDomain> _instances = [];
    private readonly List<ModelToken> _tokens = [];
    private readonly List<(ModelToken Token, AdmittedCall Call, DateTime? Began)> _refundable = [];
    private readonly Dictionary<string, LedgerPosition> _synced = [];
    private readonly List<string> _trace = [];
    private int _requests;

    private Simulation(Stores stores, int seed, bool withPeriods)
    {
        _stores = stores;
        _random = new Random(seed);
        if (withPeriods)
            _time = new SimulatedTime(FirstDay.AddMinutes(_random.Next(10 * 365 * 24 * 60)));
    }

    private IDatabase Redis => _instances[0].Redis;

    private TestDomain AnyInstance => _instances[_random.Next(_instances.Count)];

    private DateTime Now => _time?.Now ?? DateTime.UtcNow;

    /// <summary>Runs so many steps; a failure says how to reproduce it.</summary>
    /// <param name="stores">Empty stores.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="steps">How many.</param>
    /// <param name="withPeriods">True for tokens with periods and a time that jumps; false for the real time.</param>
    /// <returns>False if the machine stalled so long that a call timed out, because the model cannot know its outcome.</returns>
    public static async Task<bool> TryRunAsync(Stores stores, int seed, int steps, bool withPeriods = false)
    {
        await stores.FlushRedisAsync();
        await ForgetEarlierRunsAsync(stores.Sql);
        await using var simulation = new Simulation(stores, seed, withPeriods);
        if (simulation._time is { } time)
        {
            // An instance that starts runs scripts.
            await using var connection = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
            await time.WriteAsync(connection.GetDatabase());
        }

        for (int i = 0; i < 2; i++)
            simulation._instances.Add(await stores.StartAsync(simulation.PutCutsIn, ("QUOTA_SYNC_BATCH_SIZE", "3")));
        try
        {
            for (int step = 1; step <= steps; step++)
            {
                await simulation.StepAsync();
                if (step % StepsBetweenSettlings == 0 || step == steps)
                    await simulation.SettleAsync();
            }

            return true;
        }
        catch (StoreUnavailableException e) when (e.InnerException is TimeoutException)
        {
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"""
                The simulation of seed {seed} failed; to see it again: FLOWQUOTA_TEST_SEED={seed} infra/test.sh -- --filter FullyQualifiedName~Simulation
                {e.Message}
                The last steps were
                {string.Join('\n', simulation._trace.TakeLast(30))}
                """, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
            await instance.DisposeAsync();
    }

    private static async Task ForgetEarlierRunsAsync(SqlDialect sql)
    {
        await using var connection = await sql.OpenAsync(default);
        foreach (string table in new[] { "access_tokens", "token_quota_logs", "quota_dead_letters", "usage_hourly", "usage_totals", "usage_stale" })
            await connection.ExecuteAsync($"DELETE FROM {table}");
    }

    private void PutCutsIn(IServiceCollection services)
    {
        services
            .Replace(ServiceDescriptor.Singleton<ITokenStore>(
                provider => new CutTokenStore(ActivatorUtilities.CreateInstance<SqlTokenStore>(provider), _cut)))
            .Replace(ServiceDescriptor.Singleton<IQuotaStore>(
                provider => new CutQuotaStore(ActivatorUtilities.CreateInstance<SqlQuotaStore>(provider), _cut)))
            .Replace(ServiceDescriptor.Singleton<IQuotaLogStore>(
                provider => new CutLogStore(ActivatorUtilities.CreateInstance<SqlQuotaLogStore>(provider), _cut)));
        _time?.Replace(services);
    }

    private async Task StepAsync()
    {
        if (_time is not null && _random.Next(3) == 0)
            await DoInTimeAsync();
        else
            await DoAsync(_random.Next(100), isNested: false);
        _cut.Clear();
        foreach (var token in _tokens)
            await CheckLiveAsync(token);
    }

    private async Task DoAsync(int choice, bool isNested)
    {
        if (_tokens.Count(token => !token.IsDeleted) < 2 || (choice < 3 && _tokens.Count < MostTokens))
        {
            await CreateAsync();
            return;
        }

        var token = _tokens[_random.Next(_tokens.Count)];
        switch (choice)
        {
            case < 35:
                await AdmitAsync(token, cost: _random.Next(5) == 0 ? 0 : _random.Next(1, 4), hasOutcome: false);
                break;
            case < 50:
                await AdmitAsync(token, cost: 1, hasOutcome: true);
                break;
            case < 55:
                await RefundAsync();
                break;
            case < 65:
                await ChangeAsync(token, NewChange());
                break;
            case < 67:
                await (token.Rule is null ? ChangeTypeHalfAsync(token) : ChangeRuleHalfAsync(token));
                break;
            case < 68:
                await DeleteAsync(token);
                break;
            case < 75:
                await EvictAsync(token);
                break;
            case < 80:
                await DisturbAsync(isNested);
                break;
            default:
                await DrainAsync(isNested);
                break;
        }
    }

    private async Task CreateAsync()
    {
        _tokens.RemoveAll(token => token.IsDeleted && _random.Next(2) == 0);
        int? quota = _random.Next(4) == 0 ? null : _random.Next(1, 30);
        var rule = _time is not null && _random.Next(5) > 0 ? NewRule() : null;
        var token = new ModelToken(
            await AnyInstance.IssueAsync(rule?.Amount ?? quota, rule is null ? null : request => request with { Period = rule }), Now);
        Trace($"create {token}");
        _tokens.Add(token);
    }

    private async Task AdmitAsync(ModelToken token, int cost, bool hasOutcome)
    {
        string request = NextRequest();
        Trace($"admit {cost} of {token} as {request}");
        var instance = AnyInstance;
        var admission = await instance.AdmitAsync(token.Holder, cost, request);
        Assert.Equal(token.Admit(cost, request, Now), admission.Status);
        if (admission.Status == AdmissionStatus.Admitted)
        {
            var allowance = admission.Allowance!;
            Assert.Equal((token.Type, token.Remaining, token.Total, token.Period), (allowance.Type, allowance.Remaining, allowance.Total, allowance.Period));
        }

        if (admission.Call is not { } call)
            return;
        _refundable.Add((token, call, token.Period?.StartsAt));
        if (!hasOutcome)
            return;
        bool success = _random.Next(2) == 0;
        token.Outcomes.Add(request, success);
        await instance.Outcomes.WriteAsync(call, success, success ? null : "RuntimeError", success ? null : "x is not defined");
    }

    private async Task RefundAsync()
    {
        if (_refundable.Count == 0)
            return;
        int chosen = _random.Next(_refundable.Count);
        var (token, call, began) = _refundable[chosen];
        _refundable.RemoveAt(chosen);
        Trace($"refund {call.Cost} of {token} as {call.RequestId}");
        Assert.Equal(token.Refund(call.Cost, call.RequestId, began, Now), await AnyInstance.Ledger.RefundAsync(call));
    }

    private TokenChange NewChange() => _time is not null && _random.Next(2) == 0 ? NewPeriodChange() : _random.Next(10) switch
    {
        0 => new TokenChange { QuotaType = QuotaType.Time },
        1 => new TokenChange { QuotaType = QuotaType.Hybrid, QuotaOperation = QuotaOperation.Set, QuotaAmount = _random.Next(20) },
        2 => new TokenChange { QuotaType = QuotaType.Count, QuotaOperation = QuotaOperation.Add, QuotaAmount = _random.Next(1, 20) },
        3 => new TokenChange { QuotaType = QuotaType.Count, QuotaOperation = QuotaOperation.Reset, QuotaAmount = _random.Next(20) },
        4 => new TokenChange { QuotaOperation = QuotaOperation.Reset },
        5 => new TokenChange { QuotaOperation = QuotaOperation.Set, QuotaAmount = _random.Next(20) },
        6 or 7 => new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = _random.Next(1, 20) },
        8 => new TokenChange { IsActive = false },
        _ => new TokenChange { IsActive = true },
    };

    private async Task ChangeAsync(ModelToken token, TokenChange change)
    {
        string request = NextRequest();
        Trace($"change {token} to {change.QuotaType}, {change.QuotaOperation} {change.QuotaAmount}, active {change.IsActive}, {change.Period}, as {request}");
        if (_random.Next(3) == 0)
            _cut.Before(() => throw new StoreUnavailableException("SQL"));
        try
        {
            var changed = (await AnyInstance.Admin.ChangeAsync(token.Id, change, request, default)).Token;
            // Its response was lost: another instance gets the request again.
            if (_random.Next(3) == 0)
            {
                var again = await AnyInstance.Admin.ChangeAsync(token.Id, change, request, default);
                Assert.Equal((changed is not null, changed?.RemainingQuota, changed?.TotalQuota), (again.IsReplay, again.Token?.RemainingQuota, again.Token?.TotalQuota));
            }

            Assert.Equal(token.IsDeleted, changed is null);
            if (changed is not null)
                Assert.True(token.Change(change, request, Now), "The contract refuses this change.");
        }
        catch (InvalidFieldException e)
        {
            Assert.False(token.Change(change, request, Now), $"The contract allows this change, but: {e.Message}");
        }

        await MayHaveTouchedAsync(token);
    }

    /// <summary>An admin's call dies after SQL has the new terms; then SQL is read again, by the refresh or by a cold load.</summary>
    private async Task ChangeTypeHalfAsync(ModelToken token)
    {
        if (token.IsDeleted)
            return;
        var instance = AnyInstance;
        var stored = (await instance.Tokens.FindAsync(token.Id, default))!;
        var type = token.IsMetered ? QuotaType.Time : QuotaType.Count;
        bool isRefresh = _random.Next(2) == 0;
        Trace($"half a change of {token} to {type}, then {(isRefresh ? "a refresh" : "a cold load")}");
        stored = (await instance.Tokens.TryUpdateTermsAsync(stored with { QuotaType = type, Period = null }, default))!;
        token.ChangeTypeHalf(type);
        if (isRefresh)
            await instance.Ledger.ChangeAsync(stored, QuotaOperation.None, null, NextRequest());
        else
            await instance.Redis.KeyDeleteAsync(instance.Keyspace.Token(token.Id));
        await AdmitAsync(token, cost: 0, hasOutcome: false);
    }

    private async Task DeleteAsync(ModelToken token)
    {
        Trace($"delete {token}");
        Assert.Equal(!token.IsDeleted, await AnyInstance.Admin.DeleteAsync(token.Id, NextRequest(), default));
        token.Delete();
    }

    private async Task EvictAsync(ModelToken token)
    {
        var keyspace = _instances[0].Keyspace;
        RedisKey[] keys = _random.Next(3) switch
        {
            0 => [keyspace.Quota(token.Id)],
            1 => [keyspace.Token(token.Id)],
            _ => [keyspace.Quota(token.Id), keyspace.Token(token.Id)],
        };
        Trace($"evict {string.Join(" and ", keys)}");
        await Redis.KeyDeleteAsync(keys);
    }

    /// <summary>
    /// Faults that cost latency at most: lost scripts, lost doorbells, a lease of a dead process; and Redis empty, once SQL
    /// has everything.
    /// </summary>
    private async Task DisturbAsync(bool isNested)
    {
        var keyspace = _instances[0].Keyspace;
        var kind = _random.Next(2) == 0 ? OutboxKind.Sync : OutboxKind.Audit;
        int choice = _random.Next(isNested ? 4 : 5);
        Trace($"disturb {choice} {kind}");
        switch (choice)
        {
            case 0:
                await Redis.ExecuteAsync("SCRIPT", "FLUSH");
                break;
            case 1:
                await Redis.StringSetAsync(keyspace.Ring(kind, 0), 1);
                break;
            case 2:
                await Redis.KeyDeleteAsync(keyspace.Ring(kind, 0));
                break;
            case 3:
                await Redis.StringSetAsync(keyspace.Lease(kind, 0), "the dead");
                break;
            default:
                await SettleAsync();
                await _stores.FlushRedisAsync();
                if (_time is not null)
                    await _time.WriteAsync(Redis);
                break;
        }
    }

    private async Task DrainAsync(bool isNested)
    {
        var instance = AnyInstance;
        OutboxDrain drain = _random.Next(2) == 0 ? instance.Sync : instance.Audit;
        int choice = isNested ? 6 : _random.Next(7);
        Trace($"drain {drain.Kind} {choice}");
        // As if its time were over, because of two drains at once only one may remove.
        if (_random.Next(3) == 0)
            await Redis.KeyDeleteAsync(instance.Keyspace.Lease(drain.Kind, 0));
        switch (choice)
        {
            case 0:
                _cut.Before(() => throw new StoreUnavailableException("SQL"));
                break;
            case 1:
                _cut.After(() => throw new StoreUnavailableException("SQL"));
                break;
            case 2:
                _cut.Before(() => throw new DrainDiedException());
                break;
            case 3:
                _cut.After(() => throw new DrainDiedException());
                break;
            case 4:
                _cut.Before(InterleaveAsync);
                break;
            case 5:
                _cut.After(InterleaveAsync);
                break;
        }

        try
        {
            await drain.DrainAsync(0, default);
        }
        catch (DrainDiedException)
        {
            // Its lease is left behind, like that of every process that dies.
            await Redis.StringSetAsync(instance.Keyspace.Lease(drain.Kind, 0), "the dead");
        }
    }

    private async Task InterleaveAsync()
    {
        for (int i = _random.Next(1, 4); i > 0; i--)
            await DoAsync(_random.Next(3, 100), isNested: true);
    }

    private async Task CheckLiveAsync(ModelToken token)
    {
        var live = await _instances[0].Ledger.PeekAsync(token.Id);
        if (live is null)
            return;
        // No quota yet and zero calls are the same until an admin grants some.
        if (token.HasHalfChange)
            live = new LiveQuota(live.Remaining ?? (token.IsMetered ? 0 : null), live.Total ?? (token.IsMetered ? 0 : null), live.Period);
        Assert.True(live == new LiveQuota(token.Remaining, token.Total, token.Period), $"Redis has {live}, the model {token}");
    }

    /// <summary>Drains everything, then compares SQL with the model and runs the verification.</summary>
    private async Task SettleAsync()
    {
        Trace("settle");
        _cut.Clear();
        var keyspace = _instances[0].Keyspace;
        await Redis.KeyDeleteAsync([keyspace.Lease(OutboxKind.Sync, 0), keyspace.Lease(OutboxKind.Audit, 0)]);
        foreach (var token in _tokens)
        {
            await _instances[0].DrainAsync();
            await CheckRecordsAsync(token);
            if (token.IsDeleted)
                continue;
            var stored = await StoredLedger.ReadQuotaAsync(_stores.Sql, token.Id);
            if (!token.HasHalfChange)
            {
                Assert.True((stored.Remaining, stored.Total, stored.PeriodState) == (token.Remaining, token.Total, token.Period?.ToText()),
                    $"SQL has {stored}, the model {token}");
            }

            var position = new LedgerPosition(stored.SyncedEpoch, stored.SyncedSeq);
            Assert.True(position >= _synced.GetValueOrDefault(token.Id), $"SQL went backwards to {position}: {token}");
            _synced[token.Id] = position;
        }

        var report = await _instances[0].Get<LedgerVerification>().VerifyAsync(null, 1000, default);
        Assert.True(report.Problems.Count == 0, string.Join('\n', report.Problems));
        Assert.Equal(0, report.PendingTokens);
        await StoredUsage.AssertRollsUpAsync(_stores.Sql);
    }

    private async Task CheckRecordsAsync(ModelToken token)
    {
        var rows = await StoredLedger.ReadWholeAsync(_stores.Sql, token.Id);
        PeriodRows.AssertOnce(rows);
        var expected = token.Changes.ToHashSet();
        var found = rows.Select(Describe).Where(row => expected.Contains(row) || !token.HasHalfChange);
        Assert.Equal(token.Changes.Order(), found.Order());
        // Outcomes are on their way to the outbox for a moment.
        await Eventually.TrueAsync(async () =>
        {
            await _instances[0].DrainAsync();
            rows = await StoredLedger.ReadAsync(_stores.Sql, token.Id);
            return rows.Where(row => row.Action == "consume")
                .All(row => row.Success == (token.Outcomes.TryGetValue(row.RequestId, out bool success) ? success : null));
        });
    }

    /// <summary>A row as the model names it. Requests have numbers here, what begins a period or loads a token has an id of its own.</summary>
    private static (string Request, string Change) Describe(Apps.StoredChange row) => (
        Guid.TryParse(row.RequestId, out _) ? "" : row.RequestId,
        row.EffectiveAt is { } boundary
            ? ModelPeriods.Row(row.Action, row.Change, boundary, row.Period!.Value) + (row.ErrorMessage is null ? "" : $" {row.ErrorMessage}")
            : row.Action);

    private string NextRequest() => (++_requests).ToString(CultureInfo.InvariantCulture);

    private void Trace(string step) => _trace.Add(step);
}
