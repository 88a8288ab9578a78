using FlowQuota.Functions.Requests;

namespace FlowQuota.Functions.Http;

/// <summary>
/// An operation of the API: who may call it, what it takes, and what it returns. Requests are checked by it, and the OpenAPI
/// document is made from it and from the XML documentation of its function.
/// </summary>
/// <param name="Function">The name of its function.</param>
/// <param name="Access">Who may call it.</param>
internal sealed record Operation(string Function, Access Access)
{
    /// <summary>The query parameters that are allowed; any other is a 400. <see cref="Access.Anyone"/> may send any.</summary>
    public FieldSet Query { get; init; } = [];

    /// <summary>The parameters in its path, by the names of the route.</summary>
    public FieldSet Path { get; init; } = [];

    /// <summary>Its body; null = it takes none.</summary>
    public RequestBody? Body { get; init; }

    /// <summary>What a success returns; null = it is no part of the API, and not in the document.</summary>
    public ResponseContent? Response { get; init; }

    /// <summary>True if it takes an <c>Idempotency-Key</c>.</summary>
    public bool TakesKey { get; init; }

    /// <summary>True if its responses have the rate limit headers.</summary>
    public bool TellsAllowance { get; init; }

    /// <summary>True if failures carry <c>timing</c>.</summary>
    public bool TellsTiming { get; init; }

    /// <summary>How it can fail, beside the failures that follow from the rest of this description.</summary>
    public IReadOnlyList<ErrorType> Errors { get; init; } = [];
}
