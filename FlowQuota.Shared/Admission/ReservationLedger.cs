using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Reservations;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;

namespace FlowQuota.Admission;

/// <summary>
/// Reservations: units are held when they are reserved; a commit consumes what was used, and the rest comes back. Each ends
/// exactly once, also if nobody ends it (invariant 12).
/// </summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when Redis, or SQL if it is needed, cannot be reached in time.</remarks>
public sealed class ReservationLedger(QuotaLedger ledger, HoldScript holds, IReservationStore store, FlowQuotaMetrics metrics, TimeProvider time)
{
    private const int MostToExpire = 1000;

    /// <summary>Reserves units, all or none.</summary>
    /// <param name="token">The caller's token.</param>
    /// <param name="amount">How many, 1-1,000,000.</param>
    /// <param name="life">How long they are held, 1 s to 1 day.</param>
    /// <param name="meter">The caller's label; '' = none.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="key">The reservation is made once, however often it is repeated under the key; null = each time.</param>
    public async Task<AdmissionResult> ReserveAsync(
        PresentedToken token, int amount, TimeSpan life, string meter, string requestId, IdempotencyKey? key)
    {
        var admission = await ledger.ReserveAsync(token, amount, requestId, new HoldRequest(ReservationIds.New(), life, meter), key);
        if (admission is { Reservation: { } reservation, IsRepeat: false })
            metrics.ReservationIs(ReservationStates.NameOf(reservation.State), reservation.Amount);
        return admission;
    }

    /// <summary>Commits or cancels a reservation, or looks at it. Repeated, it answers what it answered first.</summary>
    public async Task<HoldResult> ChangeAsync(HoldChange change, CancellationToken cancellationToken)
    {
        var result = await RunAsync(change);
        if (result.Status != HoldStatus.NotFound || await store.FindAsync(change.TokenId, change.ReservationId, cancellationToken) is not { } stored
            || stored.State == ReservationState.Open)
        {
            return result;
        }

        // Redis has forgotten how it ended.
        return await RunAsync(change with { InSql = stored });
    }

    /// <summary>Lists reservations of a token as SQL has them, about a second behind: the open ones first, then the newest.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="limit">Most reservations.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task<IReadOnlyList<Reservation>> ListAsync(string tokenId, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(tokenId, limit, cancellationToken);

    /// <summary>Ends reservations whose time is over and whose tokens nobody touches.</summary>
    /// <returns>How many tokens had some.</returns>
    public async Task<int> ExpireAsync(CancellationToken cancellationToken)
    {
        var tokens = await store.ListTokensToExpireAsync(time.GetUtcNow().UtcDateTime, MostToExpire, cancellationToken);
        foreach (string tokenId in tokens)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Its reservations end before the quota is there.
            await ledger.LoadAsync(tokenId);
        }

        return tokens.Count;
    }

    private async Task<HoldResult> RunAsync(HoldChange change) =>
        await ledger.WithLoadAsync(change.TokenId, () => holds.RunAsync(change), change.Presented?.IsLegacy == true) ?? new HoldResult(HoldStatus.Unknown);
}
