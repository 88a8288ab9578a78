using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;

namespace FlowQuota.Administration;

/// <summary>
/// Verifies ledgers: runs <c>infra/verify_ledger.sql</c>, and checks whether Redis agrees with the newest change. A token
/// with changes on the way to SQL is checked up to the last change that SQL is known to have, so transient states are not
/// reported.
/// </summary>
public sealed class LedgerVerification(ILedgerCheckStore store, QuotaLedger ledger, AuditOutboxReader pending)
{
    /// <summary>Checks one page of tokens, in the order of their public ids.</summary>
    /// <param name="after">Only tokens after this one; null = from the first, and dead letters that name no token.</param>
    /// <param name="pageSize">Most tokens.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<LedgerReport> VerifyAsync(string? after, int pageSize, CancellationToken cancellationToken)
    {
        var tokens = await store.ListTokensAsync(after, pageSize, cancellationToken);
        string? next = tokens.Count == pageSize ? tokens[^1] : null;
        var check = await CheckAsync(tokens, first: after, last: next, cancellationToken);
        return Report([.. check.Problems.Where(problem => after is null || problem.TokenId != after)], check, next);
    }

    /// <summary>Checks one token.</summary>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<LedgerReport> VerifyAsync(string tokenId, CancellationToken cancellationToken)
    {
        var check = await CheckAsync(tokenId, cancellationToken);
        return Report(check.Problems, check, next: null);
    }

    /// <summary>Checks one token, and returns its newest row and its state in Redis.</summary>
    internal Task<LedgerCheck> CheckAsync(string tokenId, CancellationToken cancellationToken) =>
        CheckAsync([tokenId], tokenId, tokenId, cancellationToken);

    private async Task<LedgerCheck> CheckAsync(
        IReadOnlyList<string> tokens, string? first, string? last, CancellationToken cancellationToken)
    {
        // Order: the live position, then the outbox, then SQL. A change up to that position has left the outbox only after SQL
        // had it. Then the position again: if it is the same, nothing changed in between.
        var before = await PeekAsync(tokens);
        var waiting = await pending.ReadAsync(tokens);
        var findings = await store.CheckAsync(first, last, cancellationToken);
        var after = await PeekAsync(tokens);

        HashSet<string> settled = new(StringComparer.Ordinal);
        List<LedgerProblem> live = [];
        foreach (string token in tokens)
        {
            if (!before[token].IsAt(after[token]))
                continue;
            bool isWaiting = waiting.TryGetValue(token, out var changes);
            if (!isWaiting && !before[token].WaitsForSql)
                settled.Add(token);
            if (findings.Newest.TryGetValue(token, out var tail) && Compare(before[token], isWaiting ? tail.With(changes.Last, changes.QuotaAfter) : tail) is { } problem)
                live.Add(problem);
        }

        var problems = findings.Problems
            .Where(problem => problem.Problem == LedgerProblem.DeadLetter || settled.Contains(problem.TokenId!) || IsCertain(problem))
            .Concat(live)
            .ToList();
        return new LedgerCheck(problems, findings, after, tokens.Count, tokens.Count - settled.Count);

        // True if SQL had the change at which the problem shows, and all before it. How far access_tokens is behind is never
        // certain.
        bool IsCertain(LedgerProblem problem) =>
            problem is { TokenId: { } token, Epoch: { } epoch, Seq: { } seq } && problem.Problem != LedgerProblem.Unsynced
            && before.GetValueOrDefault(token)?.Position is { } position && new LedgerPosition((int)epoch, seq) is var at && at <= position
            && (!waiting.TryGetValue(token, out var changes) || at < changes.First);
    }

    private static LedgerReport Report(IReadOnlyList<LedgerProblem> problems, LedgerCheck check, string? next) =>
        new(problems, check.Tokens - check.PendingTokens, check.PendingTokens, next,
            check.Findings.Problems.Count >= LedgerFindings.MostProblems);

    private async Task<Dictionary<string, LiveLedger>> PeekAsync(IReadOnlyList<string> tokens)
    {
        var looks = await Task.WhenAll(tokens.Select(ledger.GetLedgerStateAsync));
        return tokens.Zip(looks).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
    }

    private static LedgerProblem? Compare(LiveLedger live, LedgerTail tail)
    {
        if (live is not { Position: { } position, Quota: { } quota })
            return null;
        string? detail = null;
        if (position < tail.Position)
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis is older than the newest change ({tail.Position.Epoch}, {tail.Position.Seq})");
        else if (position > tail.Position && position.Seq > 0)
            detail = string.Create(CultureInfo.InvariantCulture, $"the newest change is ({tail.Position.Epoch}, {tail.Position.Seq})");
        else if ((quota.Remaining ?? 0) != (tail.QuotaAfter ?? 0))
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis has {quota.Remaining ?? 0} left, the newest change ends with {tail.QuotaAfter ?? 0}");
        else if (!live.WaitsForSql && (quota.Total ?? 0) != (tail.Total ?? 0))
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis has {quota.Total ?? 0} granted, access_tokens has {tail.Total ?? 0}");
        else if (!live.WaitsForSql && quota.Period?.ToText() != tail.Period)
            detail = $"Redis is in the period {quota.Period?.ToText() ?? "-"}, access_tokens in {tail.Period ?? "-"}";
        else if (!live.WaitsForSql && quota.Reserved != tail.Reserved)
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis has {quota.Reserved} reserved, access_tokens has {tail.Reserved}");
        else if (live.HeldBySum is { } held && held != quota.Reserved)
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis has {quota.Reserved} reserved, its open reservations have {held}");
        else if (live.HeldBySum is null && live.Due != quota.Period?.EndsAt)
            detail = string.Create(CultureInfo.InvariantCulture, $"the period ends at {quota.Period?.EndsAt:O}, and Redis acts at {live.Due:O}");
        // Terms that are newer in SQL are on their way to Redis.
        else if (live.TermsVersion == tail.TermsVersion && live.Rule != tail.Rule)
            detail = $"Redis refills by the rule {live.Rule ?? "-"}, access_tokens says {tail.Rule ?? "-"}";
        return detail is null ? null : new LedgerProblem(tail.TokenId, position.Epoch, position.Seq, LedgerProblem.Live, detail);
    }
}
