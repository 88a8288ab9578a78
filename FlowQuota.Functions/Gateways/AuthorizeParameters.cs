using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Gateways;

/// <summary>The query parameters that a gateway's configuration sets on a sub-request.</summary>
/// <param name="Cost">Units the call takes, 0-1,000,000; 0 = none, the token is only checked.</param>
/// <param name="RefusesWith403">True if a call that may not pass is answered 403, whatever the true status is (<c>deny=403</c>).</param>
/// <param name="ChargesIdOnce">True if sub-requests with the same <c>X-Request-ID</c> are charged once (<c>dedupe=request_id</c>).</param>
/// <param name="PassesUndecided">True if a call passes when no decision is possible (<c>unavailable=allow</c>).</param>
internal sealed record AuthorizeParameters(int Cost, bool RefusesWith403, bool ChargesIdOnce, bool PassesUndecided)
{
    /// <summary>The names of the parameters.</summary>
    public static readonly string[] Names = ["cost", "deny", "dedupe", "unavailable"];

    /// <summary>Reads the parameters; a wrong value is a 400 that names its parameter.</summary>
    public static AuthorizeParameters Read(HttpRequest request) => new(
        Quotas.Cost.Read(request, min: 0),
        Query.Switch(request, "deny", "429", "403"),
        Query.Switch(request, "dedupe", "none", "request_id"),
        Query.Switch(request, "unavailable", "deny", "allow"));
}
