using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Tokens;

/// <summary>The state in SQL of a token that Redis does not hold, together with the epoch taken for loading it.</summary>
/// <param name="Token">The row; <see cref="AccessToken.QuotaEpoch"/> is the epoch just taken, which no other load gets.</param>
/// <param name="LastEntry">
/// The token's newest row in <c>token_quota_logs</c>. It may be newer than the synced state of <c>access_tokens</c>, because
/// the two are drained separately. Null if retention removed all rows.
/// </param>
/// <param name="OpenReservations">The reservations that are open after that row.</param>
public sealed record ColdToken(AccessToken Token, LoggedQuota? LastEntry, IReadOnlyList<Reservation> OpenReservations);
