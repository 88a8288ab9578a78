using System.Security.Cryptography;
using FlowQuota.Reservations;

namespace FlowQuota.Ledger;

/// <summary>
/// An attempt to have a call or a reservation admitted by itself. All attempts under one key are charged once.
/// </summary>
/// <param name="KeyHash">The <see cref="IdempotencyKey.Hash"/> of the key; null = none.</param>
/// <param name="Attempt">Names this attempt among the others under the key; hexadecimal digits.</param>
internal sealed record ChargeClaim(string? KeyHash, string Attempt)
{
    /// <summary>
    /// How long the repeat of a gateway is recognized after the latest attempt. Proxies repeat within their timeouts. Each call
    /// leaves a key in Redis for this long.
    /// </summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(5);

    private const int AttemptDigits = 12;

    /// <summary>
    /// The <see cref="IdempotencyKey.Fingerprint"/> of the request: a repeat must have the same one, and gets the answer of the
    /// first attempt. '' = a repeat may ask anything, and gets the present quota.
    /// </summary>
    public string Fingerprint { get; private init; } = "";

    /// <summary>True if Redis remembers the attempt, so that it can be undone by its name.</summary>
    public bool IsRemembered => KeyHash is not null || Hold is not null;

    /// <summary>Further fields of the call's event: the reservation, the key and the meter; '' = none.</summary>
    public string Note { get; private init; } = "";

    /// <summary>How long a repeat is recognized.</summary>
    public TimeSpan Life { get; private init; } = TimeToLive;

    /// <summary>
    /// How long the call's code may run before a repeat takes its process for dead and runs it again; 0 = the call runs no code.
    /// </summary>
    public TimeSpan LongestRun { get; private init; }

    /// <summary>The units are held, and not consumed; null = they are consumed.</summary>
    public HoldRequest? Hold { get; private init; }

    /// <summary>The items of a batch, which are decided in their order; null = it is one call.</summary>
    public Batch? Batch { get; private init; }

    /// <summary>Begins another attempt of a gateway's sub-request.</summary>
    public static ChargeClaim Begin(string keyHash) => new(keyHash, NewAttempt());

    /// <summary>Begins an attempt of a call under a key that the caller sent, or with a label.</summary>
    /// <param name="key">The key; null = none.</param>
    /// <param name="meter">The label; '' = none.</param>
    /// <param name="life">How long a repeat under the key is recognized.</param>
    /// <param name="longestRun">See <see cref="LongestRun"/>.</param>
    public static ChargeClaim Begin(IdempotencyKey? key, string meter, TimeSpan life, TimeSpan longestRun) => new(key?.Hash, NewAttempt())
    {
        Fingerprint = key?.Fingerprint ?? "",
        Note = NoteOf(key, meter),
        Life = life,
        LongestRun = longestRun,
    };

    /// <summary>Begins an attempt to make a reservation.</summary>
    /// <param name="hold">The reservation.</param>
    /// <param name="key">The key; null = none.</param>
    /// <param name="life">How long a repeat under the key is recognized.</param>
    public static ChargeClaim Reserve(HoldRequest hold, IdempotencyKey? key, TimeSpan life) => new(key?.Hash, NewAttempt())
    {
        Fingerprint = key?.Fingerprint ?? "",
        Note = AuditEventFormat.ReservationNote(hold.ReservationId) + NoteOf(key, hold.Meter),
        Life = life,
        Hold = hold,
    };

    /// <summary>Begins an attempt of a batch. Redis always remembers it, so that it can be given back as a whole.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="key">The key; null = none.</param>
    /// <param name="life">How long a repeat under a key, also one of an item, is recognized.</param>
    public static ChargeClaim Begin(Batch batch, IdempotencyKey? key, TimeSpan life)
    {
        key ??= IdempotencyKey.Of("batch", NewAttempt() + NewAttempt(), []);
        return new ChargeClaim(key.Hash, NewAttempt()) { Fingerprint = key.Fingerprint, Life = life, Batch = batch };
    }

    /// <summary>The further fields of the event of an item.</summary>
    public static string NoteOf(BatchItem item) => NoteOf(item.Key, item.Meter);

    /// <summary>Another attempt of the same call.</summary>
    public ChargeClaim Again() => this with { Attempt = NewAttempt() };

    private static string NoteOf(IdempotencyKey? key, string meter) =>
        (key is null ? "" : AuditEventFormat.KeyNote(key.Text)) + (meter.Length == 0 ? "" : AuditEventFormat.MeterNote(meter));

    private static string NewAttempt() => RandomNumberGenerator.GetHexString(AttemptDigits, lowercase: true);
}
