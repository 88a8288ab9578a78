namespace FlowQuota.Functions.Http;

/// <summary>The Functions host's cancellation of an invocation, as a feature of the request.</summary>
/// <remarks>
/// The host would bind a parameter of the function by its name from the request: a field <c>cancellationToken</c> in a query
/// or body would fail the invocation before our code runs. So no HTTP function has a parameter other than its request.
/// </remarks>
/// <param name="Token">Fires when the host cancels the invocation.</param>
internal sealed record InvocationCancellation(CancellationToken Token);
