using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Usage;

/// <summary>Finds out whose ledger a caller may read: an admin each, a token's holder its own.</summary>
public sealed class LedgerCaller(QuotaLedger ledger, TokenCodec codec, AccessTokenAuthentication callers, AdminAuthentication admins)
{
    /// <summary>Checks the credentials of a request; takes nothing.</summary>
    public async Task<LedgerAccess> FindAsync(FlowRequest flow)
    {
        if (admins.IsAdmin(Credentials.Bearer(flow.Http)))
            return new LedgerAccess(IsAdmin: true, Query.Text(flow.Http, "token") is { } named ? TokenRoute.Id(codec, named) : null, Refusal: null);
        if (callers.Of(flow.Http) is not { } token)
            return new LedgerAccess(IsAdmin: false, TokenId: null, Refusals.NoToken(flow));
        if (Refusals.Of(flow, await ledger.AdmitAsync(token, cost: 0, flow.Id)) is { } refusal)
            return new LedgerAccess(IsAdmin: false, TokenId: null, refusal);
        foreach (string name in new[] { "token", "ws_id", "tag" })
        {
            if (Query.Text(flow.Http, name) is not null)
                throw new InvalidFieldException(name, "is for admins; the holder of a token asks for its own usage");
        }

        return new LedgerAccess(IsAdmin: false, token.TokenId, Refusal: null);
    }
}
