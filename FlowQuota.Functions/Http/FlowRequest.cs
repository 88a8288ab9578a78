using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>One request.</summary>
/// <param name="Http">ASP.NET Core's request.</param>
/// <param name="Operation">What it asks for.</param>
/// <param name="Id">Its id; 1-64 of <c>A-Za-z0-9._-</c>.</param>
/// <param name="Clock">Formats the times of the response.</param>
internal sealed record FlowRequest(HttpRequest Http, Operation Operation, string Id, TimeZoneFormatter Clock)
{
    /// <summary>When the request came in; a timestamp of <see cref="Clock"/>.</summary>
    public long Started { get; } = Clock.Timestamp;

    /// <summary>Fires when the caller goes away.</summary>
    public CancellationToken Aborted => Http.HttpContext.RequestAborted;

    /// <summary>Fires when the Functions host cancels the call: the caller went away, the host stops, or the call took too long.</summary>
    /// <remarks>Without a Functions host it is <see cref="Aborted"/>.</remarks>
    public CancellationToken GivenUp => Http.HttpContext.Features.Get<InvocationCancellation>()?.Token ?? Aborted;
}
