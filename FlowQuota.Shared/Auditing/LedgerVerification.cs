using System.Globalization;
using FlowQuota.Outbox;
using FlowQuota.Quotas;

namespace FlowQuota.Auditing;

/// <summary>
/// Looks whether the books balance: what <c>infra/verify_ledger.sql</c> finds, and whether Redis agrees with the newest
/// record. A token with changes on the way to SQL is not judged, so what is told is no passing state.
/// </summary>
public sealed class LedgerVerification(ILedgerCheckStore store, QuotaLedger ledger, PendingAudit pending)
{
    /// <summary>Looks at one page of tokens, in the order of their public ids.</summary>
    /// <param name="after">Only tokens after this one; null = from the first, and what names no token.</param>
    /// <param name="pageSize">Most tokens.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Storage.StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<LedgerReport> VerifyAsync(string? after, int pageSize, CancellationToken cancellationToken)
    {
        var tokens = await store.ListTokensAsync(after, pageSize, cancellationToken);
        string? next = tokens.Count == pageSize ? tokens[^1] : null;
        var check = await CheckAsync(tokens, first: after, last: next, cancellationToken);
        return Report([.. check.Problems.Where(problem => after is null || problem.TokenId != after)], check, next);
    }

    /// <summary>Looks at one token.</summary>
    /// <exception cref="Storage.StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<LedgerReport> VerifyAsync(string tokenId, CancellationToken cancellationToken)
    {
        var check = await CheckAsync(tokenId, cancellationToken);
        return Report(check.Problems, check, next: null);
    }

    /// <summary>Looks at one token, and tells where its records and Redis stand.</summary>
    internal Task<LedgerCheck> CheckAsync(string tokenId, CancellationToken cancellationToken) =>
        CheckAsync([tokenId], tokenId, tokenId, cancellationToken);

    private async Task<LedgerCheck> CheckAsync(
        IReadOnlyList<string> tokens, string? first, string? last, CancellationToken cancellationToken)
    {
        // The live position, then the outbox, then SQL: whatever led up to the position has left the outbox only after SQL
        // had it. The position once more: nothing came meanwhile.
        var before = await LookAsync(tokens);
        var waiting = await pending.ReadAsync();
        var findings = await store.CheckAsync(first, last, cancellationToken);
        var after = await LookAsync(tokens);

        var settled = tokens
            .Where(token => waiting?.Contains(token) == false && !before[token].WaitsForSql && before[token] == after[token])
            .ToHashSet(StringComparer.Ordinal);
        var problems = findings.Problems
            .Where(problem => problem.Problem == LedgerProblem.DeadLetter || settled.Contains(problem.TokenId!))
            .ToList();
        foreach (string token in settled)
        {
            if (findings.Newest.TryGetValue(token, out var tail) && Compare(before[token], tail) is { } problem)
                problems.Add(problem);
        }

        return new LedgerCheck(problems, findings, after, tokens.Count, tokens.Count - settled.Count);
    }

    private static LedgerReport Report(IReadOnlyList<LedgerProblem> problems, LedgerCheck check, string? next) =>
        new(problems, check.Tokens - check.PendingTokens, check.PendingTokens, next,
            check.Findings.Problems.Count >= LedgerFindings.MostProblems);

    private async Task<Dictionary<string, LiveLedger>> LookAsync(IReadOnlyList<string> tokens)
    {
        var looks = await Task.WhenAll(tokens.Select(ledger.LookAtLedgerAsync));
        return tokens.Zip(looks).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
    }

    private static LedgerProblem? Compare(LiveLedger live, LedgerTail tail)
    {
        if (live is not { Position: { } position, Quota: { } quota })
            return null;
        string? detail = null;
        if (position < tail.Position)
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis is older than the newest record ({tail.Position.Epoch}, {tail.Position.Seq})");
        else if (position > tail.Position && position.Seq > 0)
            detail = string.Create(CultureInfo.InvariantCulture, $"the newest record is ({tail.Position.Epoch}, {tail.Position.Seq})");
        else if ((quota.Remaining ?? 0) != (tail.QuotaAfter ?? 0))
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis has {quota.Remaining ?? 0} left, the newest record says {tail.QuotaAfter ?? 0}");
        else if ((quota.Total ?? 0) != (tail.Total ?? 0))
            detail = string.Create(CultureInfo.InvariantCulture, $"Redis has {quota.Total ?? 0} granted, access_tokens says {tail.Total ?? 0}");
        return detail is null ? null : new LedgerProblem(tail.TokenId, position.Epoch, position.Seq, LedgerProblem.Live, detail);
    }
}
