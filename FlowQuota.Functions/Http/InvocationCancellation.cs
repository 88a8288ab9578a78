namespace FlowQuota.Functions.Http;

/// <summary>The Functions host's cancellation of an invocation, as a feature of the request.</summary>
/// <remarks>
/// A parameter of the function would be bound by its name from what the caller sends: a field <c>cancellationToken</c> in a
/// query or body would fail the invocation before any of our code runs. So no HTTP function has a parameter beside its request.
/// </remarks>
/// <param name="Token">Fires when the host cancels the invocation.</param>
internal sealed record InvocationCancellation(CancellationToken Token);
