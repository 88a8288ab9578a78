using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Requests;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Auditing;

/// <summary>Finds out whose ledger a caller may read: an admin each, a token's holder its own.</summary>
public sealed class LedgerCaller(QuotaLedger ledger, TokenCodec codec, AccessTokenAuthentication callers, AdminAuthentication admins)
{
    private static readonly string[] AdminParameters = ["token", "ws_id", "tag"];

    /// <summary>The parameter by which an admin names a token.</summary>
    internal static readonly TextField Token =
        TokenParameters.Token with { Description = "For admins: a public id, or a full token. The holder of a token asks for its own." };

    /// <summary>Checks the credentials of a request; takes nothing.</summary>
    /// <param name="flow">The request.</param>
    /// <param name="asked">What it asks for, in words that follow "its own".</param>
    internal async Task<LedgerAccess> FindAsync(FlowRequest flow, string asked)
    {
        string? named = Query.Text(flow.Http, Token);
        if (admins.IsAdmin(Credentials.Bearer(flow.Http)))
            return new LedgerAccess(named is null ? null : TokenRoute.Id(codec, named));
        if (callers.Of(flow.Http) is not { } token)
            return new LedgerAccess(TokenId: null, Refusals.NoToken(flow));
        if (Refusals.Of(flow, await ledger.AdmitAsync(token, cost: 0, flow.Id)) is { } refusal)
            return new LedgerAccess(TokenId: null, refusal);
        foreach (string name in AdminParameters)
        {
            if (flow.Http.Query.ContainsKey(name))
                throw new InvalidFieldException(name, $"is for admins; the holder of a token asks for its own {asked}");
        }

        return new LedgerAccess(token.TokenId);
    }
}
