using FlowQuota.Functions.Requests;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Gateways;

/// <summary>The query parameters that a gateway's configuration sets on a sub-request.</summary>
/// <param name="Cost">Units the call takes, 0-1,000,000; 0 = none, the token is only checked.</param>
/// <param name="RefusesWith403">True if a call that may not pass is answered 403, whatever the true status is (<c>deny=403</c>).</param>
/// <param name="ChargesIdOnce">True if sub-requests with the same <c>X-Request-ID</c> are charged once (<c>dedupe=request_id</c>).</param>
/// <param name="PassesUndecided">True if a call passes when no decision is possible (<c>unavailable=allow</c>).</param>
internal sealed record AuthorizeParameters(int Cost, bool RefusesWith403, bool ChargesIdOnce, bool PassesUndecided)
{
    private static readonly ChoiceField<bool> Deny = new("deny", [("429", false), ("403", true)],
        "The status of a refusal: 429 (and 503), or 403, for gateways that pass on no other. 429 by default.");

    private static readonly ChoiceField<bool> Dedupe = new("dedupe", [("none", false), ("request_id", true)],
        "Whether sub-requests with the same X-Request-ID are charged once; none by default.");

    private static readonly ChoiceField<bool> Unavailable = new("unavailable", [("deny", false), ("allow", true)],
        "What happens if no decision is possible: 503, or 200 with X-FlowQuota-Unmetered: 1. deny by default.");

    /// <summary>The parameters.</summary>
    public static readonly FieldSet Fields = [Quotas.Cost.FieldOrNone, Deny, Dedupe, Unavailable];

    /// <summary>Reads the parameters; a wrong value is a 400 that names its parameter.</summary>
    public static AuthorizeParameters Read(HttpRequest request) => new(
        Quotas.Cost.Of(request, Quotas.Cost.FieldOrNone),
        Query.Choice(request, Deny) ?? false,
        Query.Choice(request, Dedupe) ?? false,
        Query.Choice(request, Unavailable) ?? false);
}
