using System.Buffers.Text;
using System.Text;

namespace FlowQuota.Quotas;

/// <summary>Reads what the admission script answers to one call: words, separated by spaces (admit.lua tells which).</summary>
internal ref struct AdmissionFormat
{
    private ReadOnlySpan<byte> _rest;

    private AdmissionFormat(ReadOnlySpan<byte> answer)
    {
        _rest = answer;
    }

    /// <summary>Reads an answer.</summary>
    /// <param name="answer">UTF-8.</param>
    /// <param name="call">The call that it answers.</param>
    /// <param name="run">The run of the Redis server that answered, or an earlier one; '' = not known.</param>
    /// <param name="isRefreshDue">True where the token's terms are to be read from SQL again.</param>
    /// <returns>Null where the token is cold.</returns>
    /// <exception cref="InvalidOperationException">It is no answer of the script.</exception>
    public static Admission? Read(ReadOnlySpan<byte> answer, WaitingCall call, string run, out bool isRefreshDue)
    {
        isRefreshDue = false;
        var words = new AdmissionFormat(answer);
        var status = words.Word();
        if (status.SequenceEqual("ok"u8))
            return words.Admitted(call, run, out isRefreshDue);
        if (status.SequenceEqual("rate"u8))
            return new Admission(AdmissionStatus.RateLimited) { Allowance = words.Allowance(), RetryAfterSeconds = (int?)words.Figure() ?? 0 };
        if (status.SequenceEqual("exhausted"u8))
            return new Admission(AdmissionStatus.Exhausted) { Allowance = words.Allowance() };
        return Encoding.UTF8.GetString(status) switch
        {
            "cold" => null,
            "unknown" or "denied" => new Admission(AdmissionStatus.Unknown),
            "disabled" => new Admission(AdmissionStatus.Disabled),
            "expired" => new Admission(AdmissionStatus.Expired),
            "backlogged" => new Admission(AdmissionStatus.Backlogged),
            var other => throw new InvalidOperationException($"The admission script answered \"{other}\"."),
        };
    }

    private Admission Admitted(WaitingCall call, string run, out bool isRefreshDue)
    {
        var allowance = Allowance();
        var expires = Figure();
        isRefreshDue = Figure() == 1;
        return new Admission(AdmissionStatus.Admitted)
        {
            Allowance = allowance,
            ExpiresAt = expires is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime : null,
            Call = call.TellsEvent ? call.ToAdmitted(Encoding.UTF8.GetString(_rest), run) : null,
        };
    }

    private Allowance Allowance()
    {
        var type = TermsFormat.ReadType(Word());
        int? remaining = (int?)Figure(), total = (int?)Figure();
        int? limit = (int?)Figure(), window = (int?)Figure(), left = (int?)Figure(), reset = (int?)Figure();
        return new Allowance(type, remaining, total, limit is null ? null : new RateAllowance(limit.Value, window!.Value, left!.Value, reset!.Value));
    }

    private long? Figure() => Utf8Parser.TryParse(Word(), out long figure, out _) ? figure : null;

    private ReadOnlySpan<byte> Word()
    {
        int length = _rest.IndexOf((byte)' ');
        var word = length < 0 ? _rest : _rest[..length];
        _rest = length < 0 ? [] : _rest[(length + 1)..];
        return word;
    }
}
