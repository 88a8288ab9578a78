using System.Buffers.Text;
using System.Text;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Reservations;

namespace FlowQuota.Admission;

/// <summary>Reads the reply of the admission script to one call: words separated by spaces, described in admit.lua.</summary>
internal ref struct AdmissionReplyReader
{
    private ReadOnlySpan<byte> _rest;

    private AdmissionReplyReader(ReadOnlySpan<byte> answer)
    {
        _rest = answer;
    }

    /// <summary>Reads a reply.</summary>
    /// <param name="answer">UTF-8.</param>
    /// <param name="call">The call that it is for.</param>
    /// <param name="run">The run of the Redis server that replied, or an earlier one; '' = not known.</param>
    /// <param name="isRefreshDue">True if the token's terms are to be read from SQL again.</param>
    /// <returns>Null if the token is cold.</returns>
    /// <exception cref="InvalidOperationException">The text is not a reply of the script.</exception>
    public static AdmissionResult? Read(ReadOnlySpan<byte> answer, PendingAdmission call, string run, out bool isRefreshDue)
    {
        isRefreshDue = false;
        var words = new AdmissionReplyReader(answer);
        var status = words.Word();
        if (status.SequenceEqual("ok"u8))
            return words.Admitted(call, run, out isRefreshDue);
        if (status.SequenceEqual("again"u8))
            return words.Repeated(call, out isRefreshDue);
        if (status.SequenceEqual("batch"u8))
            return words.Admitted(out isRefreshDue) with { Batch = words.Batch() };
        if (status.SequenceEqual("resumed"u8))
            return words.Resumed(call, run, out isRefreshDue);
        if (status.SequenceEqual("rate"u8))
            return new AdmissionResult(AdmissionStatus.RateLimited) { Allowance = words.Allowance() };
        if (status.SequenceEqual("exhausted"u8))
            return new AdmissionResult(AdmissionStatus.Exhausted) { Allowance = words.Allowance(), ExpiresAt = words.Time() };
        return Encoding.UTF8.GetString(status) switch
        {
            "cold" => null,
            "unknown" or "denied" => new AdmissionResult(AdmissionStatus.Unknown),
            "disabled" => new AdmissionResult(AdmissionStatus.Disabled),
            "expired" => new AdmissionResult(AdmissionStatus.Expired),
            "backlogged" => new AdmissionResult(AdmissionStatus.Backlogged),
            "mismatch" => new AdmissionResult(AdmissionStatus.Mismatch),
            "busy" => new AdmissionResult(AdmissionStatus.InProgress),
            "unmetered" => new AdmissionResult(AdmissionStatus.Unmetered),
            "crowded" => new AdmissionResult(AdmissionStatus.TooManyReservations),
            var other => throw new InvalidOperationException($"The admission script returned \"{other}\"."),
        };
    }

    private AdmissionResult Admitted(PendingAdmission call, string run, out bool isRefreshDue)
    {
        var admission = Admitted(out isRefreshDue);
        if (call.Claim is { Hold: not null })
            return admission with { Reservation = Held() };
        return admission with
        {
            WorkspaceId = call.ReturnsOwner ? AuditEventFormat.WorkspaceOf(_rest) : null,
            Call = call.ReturnsEvent ? call.ToAdmitted(Encoding.UTF8.GetString(_rest), run, admission.Allowance!.Period?.StartsAt) : null,
        };
    }

    private AdmissionResult Repeated(PendingAdmission call, out bool isRefreshDue)
    {
        var admission = Admitted(out isRefreshDue) with { IsRepeat = true };
        if (call.Claim is { Hold: not null })
            return admission with { OriginalRequestId = Encoding.UTF8.GetString(Word()), Reservation = Held() };
        if (call.Claim is { Batch: not null })
            return admission with { OriginalRequestId = Encoding.UTF8.GetString(Word()), Batch = Batch() };
        return call.Claim is { Fingerprint: not "" }
            ? admission with { OriginalRequestId = Encoding.UTF8.GetString(Word()), KeptResult = _rest.ToArray() }
            : admission with { WorkspaceId = call.ReturnsOwner ? AuditEventFormat.WorkspaceOf(_rest) : null };
    }

    private BatchResult Batch() => new((int)Figure()!.Value,
    [
        .. Encoding.UTF8.GetString(_rest).Split(',').Select(word => word switch
        {
            "ok" => BatchItemStatus.Consumed,
            "again" => BatchItemStatus.Repeated,
            "exhausted" => BatchItemStatus.Exhausted,
            "mismatch" => BatchItemStatus.Mismatch,
            "none" => BatchItemStatus.NotTaken,
            _ => throw new InvalidOperationException($"The admission script returned \"{word}\" for an item."),
        }),
    ]);

    private Reservation Held() => Reservation.Parse(Encoding.UTF8.GetString(Word()), Encoding.UTF8.GetString(_rest));

    private AdmissionResult Resumed(PendingAdmission call, string run, out bool isRefreshDue)
    {
        var admission = Admitted(out isRefreshDue);
        string request = Encoding.UTF8.GetString(Word());
        return admission with
        {
            OriginalRequestId = request,
            Call = call.ToAdmitted(Encoding.UTF8.GetString(_rest), run, admission.Allowance!.Period?.StartsAt, request),
        };
    }

    private AdmissionResult Admitted(out bool isRefreshDue)
    {
        var allowance = Allowance();
        var expires = Time();
        isRefreshDue = Figure() == 1;
        return new AdmissionResult(AdmissionStatus.Admitted)
        {
            Allowance = allowance,
            ExpiresAt = expires,
        };
    }

    private Allowance Allowance()
    {
        var type = TermsFormat.ReadType(Word());
        int? remaining = (int?)Figure();
        var (total, reserved) = Total();
        // The decision stands, whatever a damaged hash says of the period.
        var period = Word() is [not (byte)'-', ..] state ? PeriodState.TryParse(Encoding.UTF8.GetString(state)) : null;
        int? limit = (int?)Figure(), window = (int?)Figure(), left = (int?)Figure(), reset = (int?)Figure();
        int? burst = (int?)Figure(), burstLeft = (int?)Figure();
        return new Allowance(type, remaining, total,
            limit is null ? null : new RateAllowance(limit.Value, window!.Value, left!.Value, reset!.Value),
            burst is null ? null : new RateAllowance(burst.Value, 1, burstLeft!.Value, 1),
            period)
        {
            Reserved = reserved,
        };
    }

    /// <summary>Reads <c>total</c> or <c>total/reserved</c>.</summary>
    private (int? Total, int Reserved) Total()
    {
        var word = Word();
        if (!Utf8Parser.TryParse(word, out int total, out int length))
            return (null, 0);
        return length < word.Length && Utf8Parser.TryParse(word[(length + 1)..], out int reserved, out _) ? (total, reserved) : (total, 0);
    }

    private DateTime? Time() => Figure() is { } ms ? UnixTime.At(ms) : null;

    private long? Figure() => Utf8Parser.TryParse(Word(), out long figure, out _) ? figure : null;

    private ReadOnlySpan<byte> Word()
    {
        int length = _rest.IndexOf((byte)' ');
        var word = length < 0 ? _rest : _rest[..length];
        _rest = length < 0 ? [] : _rest[(length + 1)..];
        return word;
    }
}
