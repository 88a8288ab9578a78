using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Reservations;
using FlowQuota.Telemetry;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>Runs the script that ends reservations.</summary>
public sealed class HoldScript(
    ScriptRunner scripts, RedisKeyspace keyspace, DoorbellSender doorbells, OutboxSettings settings, FlowQuotaMetrics metrics)
{
    /// <summary>How long after its end a reservation may be committed, and its end is answered again.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    /// <summary>Changes a reservation, once.</summary>
    /// <returns>Null if the token is cold: load it, or make what is due, and ask again.</returns>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time; the change may have been made.</exception>
    public async Task<HoldResult?> RunAsync(HoldChange change)
    {
        int partition = keyspace.PartitionOf(change.TokenId);
        var keys = keyspace.ForHold(change.TokenId, change.ReservationId);
        if (change.Claim?.KeyHash is { } keyHash)
            keys = [.. keys, keyspace.Idempotency(change.TokenId, keyHash)];
        var reply = await scripts.RunAsync(RedisScript.Hold, partition, keys,
        [
            change.TokenId, change.RequestId, (long)settings.SyncInterval.TotalMilliseconds, change.Presented?.SecretHash ?? "", change.ReservationId,
            NameOf(change.Operation), change.Used, change.RefusesOverrun ? "refuse" : "clamp", (long)Remembered.TotalMilliseconds,
            change.KeyText.Length == 0 ? "" : AuditEventFormat.KeyNote(change.KeyText), change.InSql?.ToText() ?? "", change.Claim?.Attempt ?? "",
        ]);
        var status = (string?)reply[0] switch
        {
            "ok" => HoldStatus.Done,
            "again" => HoldStatus.DoneBefore,
            "ended" => HoldStatus.EndedOtherwise,
            "mismatch" => HoldStatus.Mismatch,
            "overrun" => HoldStatus.Overrun,
            "none" => HoldStatus.NotFound,
            "denied" or "unknown" => HoldStatus.Unknown,
            _ => (HoldStatus?)null,
        };
        if (status is null or HoldStatus.NotFound or HoldStatus.Unknown)
            return status is null ? null : new HoldResult(status.Value);

        doorbells.RingIfDue(partition, reply[5], reply[6]);
        var reservation = Reservation.Parse(change.ReservationId, (string)reply[1]!);
        if (status == HoldStatus.Done && change.Operation != HoldOperation.Look)
            metrics.ReservationIs(ReservationStates.NameOf(reservation.State), reservation.Amount);
        var (total, reserved) = QuotaSnapshot.ParseTotal(reply[3]);
        return new HoldResult(status.Value, reservation, new LiveQuota(reply[2].IsNullOrEmpty ? null : (int)reply[2], total, PeriodState.TryParse(reply[4])) { Reserved = reserved });
    }

    private static RedisValue NameOf(HoldOperation operation) => operation switch
    {
        HoldOperation.Look => "look",
        HoldOperation.Commit => "commit",
        HoldOperation.Cancel => "cancel",
        HoldOperation.Expire => "expire",
        HoldOperation.Undo => "undo",
    };
}
