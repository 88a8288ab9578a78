using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Simulation;

/// <content>The steps around the boundaries of periods.</content>
internal sealed partial class Simulation
{
    // What a script regards as too late for its caller is given by the real time, so the simulation ends before that.
    private static readonly DateTime FirstDay = new(1995, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime LastDay = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tokyo"];

    // Longer than a load has precedence over another.
    private static readonly TimeSpan DeadLoad = TimeSpan.FromSeconds(3);

    private readonly SimulatedTime? _time;
    private readonly List<(ModelToken Token, LiveLedger Seen)> _stopped = [];

    private async Task DoInTimeAsync()
    {
        if (_tokens.Where(token => token is { IsDeleted: false, Rule: not null }).ToList() is not { Count: > 0 } periodic)
        {
            await CreateAsync();
            return;
        }

        var token = periodic[_random.Next(periodic.Count)];
        switch (_random.Next(20))
        {
            case < 7:
                await JumpAsync(token);
                break;
            case < 9:
                await StopBeforeTurnAsync(token);
                break;
            case < 11:
                await GoOnWithTurnAsync();
                break;
            case < 13:
                await RepeatTurnAsync(token);
                break;
            case < 15:
                await TurnAtOnceAsync(token);
                break;
            case < 17:
                await LoadOverBoundaryAsync(token);
                break;
            case < 18:
                await LoseSqlOverBoundaryAsync(token);
                break;
            default:
                await ViewAsync(token);
                break;
        }
    }

    private PeriodRule NewRule()
    {
        var unit = (PeriodUnit)_random.Next(5);
        int every = unit is PeriodUnit.Hour or PeriodUnit.Day ? _random.Next(1, 8) : 1;
        DateTime? anchor = _random.Next(3) == 0 ? Now.Date.AddDays(_random.Next(-40, 40)).AddSeconds(_random.Next(86_400)) : null;
        int? carryOver = _random.Next(4) switch { 0 => null, 1 => _random.Next(1, 6), _ => 0 };
        return new PeriodRule(unit, every, _random.Next(1, 12), anchor, Zones[_random.Next(Zones.Length)], carryOver);
    }

    private TokenChange NewPeriodChange()
    {
        var rule = NewRule();
        PeriodRuleChange change = new() { DefaultTimeZone = "UTC" };
        var period = _random.Next(6) switch
        {
            0 or 1 => change with { Unit = rule.Unit, Amount = rule.Amount },
            2 => change with { Unit = rule.Unit, Amount = rule.Amount, Every = rule.Every, HasCarryOver = true, CarryOver = rule.CarryOver },
            3 => change with { Unit = rule.Unit, Amount = rule.Amount, HasAnchor = true, Anchor = rule.Anchor, TimeZone = rule.TimeZone },
            4 => change with { Unit = PeriodUnit.Hour, Amount = rule.Amount, Every = 1 },
            _ => change with { Ends = true },
        };
        // A token of type time becomes one of type count with a period, so that each change fits each token but one that ends.
        QuotaType? type = period.Ends ? null : QuotaType.Count;
        return _random.Next(3) == 0
            ? new TokenChange { QuotaType = type, Period = period, QuotaOperation = QuotaOperation.Add, QuotaAmount = _random.Next(1, 10) }
            : new TokenChange { QuotaType = type, Period = period };
    }

    /// <summary>Sets the time to an instant around a boundary of a token, or a little on or back.</summary>
    private async Task JumpAsync(ModelToken token, int? choice = null)
    {
        var boundary = token.Period?.EndsAt ?? Now;
        if (boundary <= Now)
            boundary = token.Rule?.PeriodAt(Now).EndsAt ?? Now;
        for (int more = _random.Next(4); more < 2; more++)
            boundary = token.Rule?.PeriodAt(boundary).EndsAt ?? boundary;
        var to = (choice ?? _random.Next(6)) switch
        {
            0 => boundary.AddMilliseconds(-1),
            1 or 2 => boundary,
            3 => boundary.AddMilliseconds(_random.Next(1, 10_000_000)),
            4 => Now.AddSeconds(_random.Next(7200)),
            _ => Now.AddMilliseconds(-_random.Next(5000)),
        };
        await SetTimeAsync(to < LastDay ? to : Now.AddSeconds(_random.Next(7200)));
    }

    private async Task SetTimeAsync(DateTime to)
    {
        Trace($"the time is {to:O}");
        await _time!.SetAsync(Redis, to);
        // The background refresh of the terms is not among the steps: it would come at any time.
        foreach (var token in _tokens)
        {
            var key = _instances[0].Keyspace.Token(token.Id);
            if (await Redis.KeyExistsAsync(key))
                await Redis.HashSetAsync(key, "loaded", UnixTime.Of(to));
        }
    }

    private async Task PassBoundaryAsync(ModelToken token)
    {
        if (!token.IsOver(Now))
            await JumpAsync(token, choice: 2 + _random.Next(2));
    }

    /// <summary>An instance has seen that a period is over, and stops; it dies, or goes on much later.</summary>
    private async Task StopBeforeTurnAsync(ModelToken token)
    {
        await PassBoundaryAsync(token);
        Trace($"stop before the turn of {token}");
        _stopped.Add((token, await AnyInstance.Ledger.GetLedgerStateAsync(token.Id)));
    }

    /// <summary>An instance that stopped before a turn goes on with what it saw then.</summary>
    private async Task GoOnWithTurnAsync()
    {
        if (_stopped.Count == 0)
            return;
        int chosen = _random.Next(_stopped.Count);
        var (token, seen) = _stopped[chosen];
        _stopped.RemoveAt(chosen);
        Trace($"go on with the turn of {token}");
        await AnyInstance.Get<DueChanges>().TryMakeAsync(token.Id, seen);
        await MayHaveTouchedAsync(token, seen.ReadAt);
    }

    /// <summary>An instance dies, or loses the reply, after the script has run; another turns with what it saw before.</summary>
    private async Task RepeatTurnAsync(ModelToken token)
    {
        await PassBoundaryAsync(token);
        Trace($"turn {token} twice");
        LiveLedger[] seen = [.. await Task.WhenAll(_instances.Select(instance => instance.Ledger.GetLedgerStateAsync(token.Id)))];
        bool isDue = seen[0].Position is not null && token.IsOver(Now);
        for (int i = 0; i < _instances.Count; i++)
            Assert.Equal(isDue, await _instances[i].Get<DueChanges>().TryMakeAsync(token.Id, seen[i]));
        if (isDue)
            token.Touch(Now);
    }

    /// <summary>Both instances touch a token at once after a boundary.</summary>
    private async Task TurnAtOnceAsync(ModelToken token)
    {
        await PassBoundaryAsync(token);
        string request = NextRequest();
        Trace($"call of {token} as {request}, and looks at once");
        var looks = _instances.Select(instance => instance.Admin.FindAsync(token.Id, default)).ToList();
        var calls = await Task.WhenAll(_instances.Select((instance, i) => instance.AdmitAsync(token.Holder, cost: i, request)));
        var status = token.Admit(1, request, Now);
        Assert.Equal(status, calls[1].Status);
        Assert.Equal(status == AdmissionStatus.Exhausted ? AdmissionStatus.Admitted : status, calls[0].Status);
        await Task.WhenAll(looks);
        await MayHaveTouchedAsync(token);
    }

    /// <summary>The time passes a boundary, the keys go, or the process dies between a cold load's read of SQL and its end.</summary>
    private async Task LoadOverBoundaryAsync(ModelToken token)
    {
        var keyspace = _instances[0].Keyspace;
        await Redis.KeyDeleteAsync([keyspace.Quota(token.Id), keyspace.Token(token.Id)]);
        int choice = _random.Next(3);
        Trace($"load {token}, {choice}");
        _cut.AfterLoad(choice switch
        {
            0 => () => PassBoundaryAsync(token),
            1 => () => Redis.KeyDeleteAsync(keyspace.Token(token.Id)),
            _ => () => throw new DrainDiedException(),
        });
        try
        {
            await AdmitAsync(token, cost: 1, hasOutcome: false);
        }
        catch (DrainDiedException)
        {
            await SetTimeAsync(Now + DeadLoad);
            await AdmitAsync(token, cost: 1, hasOutcome: false);
        }
    }

    /// <summary>SQL cannot be reached over one or more boundaries; calls go on, because Redis holds the token.</summary>
    private async Task LoseSqlOverBoundaryAsync(ModelToken token)
    {
        await AdmitAsync(token, cost: 0, hasOutcome: false);
        Trace("SQL is away");
        _cut.IsAway = true;
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            await PassBoundaryAsync(token);
            await AdmitAsync(token, cost: _random.Next(1, 4), hasOutcome: false);
            await DrainAsync(isNested: true);
        }

        _cut.IsAway = false;
        Trace("SQL is back");
    }

    /// <summary>Lists show a token as turned, and write nothing; a look at it turns it, if Redis holds it.</summary>
    private async Task ViewAsync(ModelToken token)
    {
        Trace($"view {token}");
        var expected = token.AsOf(Now);
        var listed = Assert.Single((await AnyInstance.Admin.SearchAsync(new TokenQuery(token.Id, null, null, 1, 10), default)).Tokens);
        Assert.Equal(expected, new LiveQuota(listed.RemainingQuota, listed.TotalQuota, listed.PeriodState));
        await CheckLiveAsync(token);
        var seen = (await AnyInstance.Admin.FindAsync(token.Id, default))!.Token;
        Assert.Equal(expected, new LiveQuota(seen.RemainingQuota, seen.TotalQuota, seen.PeriodState));
        await MayHaveTouchedAsync(token);
    }

    /// <summary>An admin's call dies after SQL has the new rule; then SQL is read again, by the refresh or by a cold load.</summary>
    private async Task ChangeRuleHalfAsync(ModelToken token)
    {
        if (token.IsDeleted || !token.IsActive)
            return;
        var instance = AnyInstance;
        await AdmitAsync(token, cost: 0, hasOutcome: false);
        var stored = (await instance.Tokens.FindAsync(token.Id, default))!;
        var rule = _random.Next(3) == 0 ? null : NewRule();
        bool isRefresh = _random.Next(2) == 0;
        Trace($"half a change of {token} to {rule}, then {(isRefresh ? "a refresh" : "a cold load")}");
        stored = (await instance.Tokens.TryUpdateTermsAsync(stored with { Period = rule }, default))!;
        if (_random.Next(2) == 0)
            await PassBoundaryAsync(token);
        if (isRefresh)
            await instance.Ledger.ChangeAsync(stored, QuotaOperation.None, null, Guid.NewGuid().ToString());
        else
            await Redis.KeyDeleteAsync(instance.Keyspace.Token(token.Id));
        token.ChangeRuleHalf(rule, knowsOldRule: isRefresh, Now);
        await AdmitAsync(token, cost: 0, hasOutcome: false);
    }

    /// <summary>After a step that may or may not have begun the period of a token: if Redis has begun it, the model does so.</summary>
    /// <param name="token">The token.</param>
    /// <param name="seenAt">The time by which it was begun; null = now.</param>
    private async Task MayHaveTouchedAsync(ModelToken token, DateTime? seenAt = null)
    {
        var now = seenAt ?? Now;
        if (token.IsOver(now) && await _instances[0].Ledger.PeekAsync(token.Id) is { Period: { } period } && period.Index > token.Period!.Index)
            token.Touch(now);
    }
}
