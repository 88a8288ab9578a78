using FlowQuota.Quotas;

namespace FlowQuota.Tokens;

/// <summary>What SQL knows of a token that Redis does not hold, together with the epoch taken for loading it.</summary>
/// <param name="Token">The row; <see cref="AccessToken.QuotaEpoch"/> is the epoch just taken, which nobody else was given.</param>
/// <param name="LastEntry">
/// The token's newest row in <c>token_quota_logs</c>; it may be newer than the row's synced state, for the two are
/// drained separately. Null where retention removed all of them.
/// </param>
public sealed record ColdToken(AccessToken Token, LoggedQuota? LastEntry);
