using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Tests.Apps;

/// <summary>Tokens whose period has any state, such as one that is over.</summary>
public static class PeriodicTokens
{
    /// <summary>Ten units a year, and nothing carries over. A test meets its boundary only at the turn of the year.</summary>
    public static readonly PeriodRule Yearly = new(PeriodUnit.Year, 1, Amount: 10, Anchor: null, "UTC", CarryOver: 0);

    /// <summary>The boundary at the beginning of this year.</summary>
    public static readonly DateTime ThisYear = new(DateTime.UtcNow.Year, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Makes a token in a period, and puts it in place as if nobody had touched it since its last change.</summary>
    public static async Task<TestHolder> IssueInPeriodAsync(this TestDomain domain, PeriodRule rule, PeriodState period, int left)
    {
        var codec = domain.Get<TokenCodec>();
        var (token, full) = await StoreAsync(domain.Tokens, codec, rule, period, left);
        await domain.Ledger.PrimeAsync(token);
        return new TestHolder(token, codec.Read(full)!);
    }

    /// <summary>Stores a token in a period. Redis does not hold it.</summary>
    /// <returns>The token, and the full one for its holder.</returns>
    public static async Task<(AccessToken Token, string Full)> StoreAsync(ITokenStore tokens, TokenCodec codec, PeriodRule rule, PeriodState period, int left)
    {
        var minted = codec.Mint();
        var token = await tokens.CreateAsync(new AccessToken
        {
            TokenId = minted.TokenId,
            SecretHash = minted.SecretHash,
            WorkspaceId = "ws",
            Email = "a@example.com",
            CreatedAt = DateTime.UtcNow,
            UpdatedAt = DateTime.UtcNow,
            OperationType = ExpiryOperation.Unlimited,
            QuotaType = QuotaType.Count,
            TotalQuota = left,
            RemainingQuota = left,
            Period = rule,
            PeriodState = period,
        }, "create", default);
        return (token, minted.FullToken);
    }
}
