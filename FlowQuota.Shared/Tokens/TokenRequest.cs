using FlowQuota.Ledger;

namespace FlowQuota.Tokens;

/// <summary>An admin's request to create, change or delete a token.</summary>
/// <param name="TokenId">The public id, or <see cref="NewToken"/>.</param>
/// <param name="RequestId">The request's id; stored in the log row.</param>
/// <param name="Key">Recognizes a repeat.</param>
public sealed record TokenRequest(string TokenId, string RequestId, IdempotencyKey Key)
{
    /// <summary>Stands for the public id of a token that the request is to create.</summary>
    public const string NewToken = "";
}
