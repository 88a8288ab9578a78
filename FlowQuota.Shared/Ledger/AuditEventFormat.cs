using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowQuota.Periods;

namespace FlowQuota.Ledger;

/// <summary>
/// The form of an event in <c>outbox:audit</c>: one JSON object, written by the scripts. The outcome of a call adds
/// <c>success</c>, <c>error_type</c> and <c>error_message</c>, and <c>late</c> if Redis was restarted in between.
/// <c>total</c> is the number of granted calls after a change that grants some, <c>period_state</c> the period after it.
/// </summary>
internal static class AuditEventFormat
{
    private const int MaxErrorType = 100;
    private const int MaxErrorMessage = 500;

    private static readonly byte[][] Names =
    [
        [.. "token"u8], [.. "ws_id"u8], [.. "email"u8], [.. "epoch"u8], [.. "seq"u8], [.. "before"u8], [.. "after"u8], [.. "change"u8],
        [.. "action"u8], [.. "request_id"u8], [.. "at"u8], [.. "success"u8], [.. "error_type"u8], [.. "error_message"u8], [.. "late"u8], [.. "total"u8],
        [.. "effective_at"u8], [.. "period"u8], [.. "period_state"u8], [.. "reservation_id"u8], [.. "idempotency_key"u8], [.. "meter"u8],
        [.. "hold"u8],
    ];

    /// <summary>The fields of an event for the token's owner. Made here because Lua does not escape strings.</summary>
    public static string Owner(string workspaceId, string email) =>
        $"\"ws_id\":\"{JavaScriptEncoder.Default.Encode(workspaceId)}\",\"email\":\"{JavaScriptEncoder.Default.Encode(email)}\"";

    /// <summary>Reads the workspace from the fields that <see cref="Owner"/> writes.</summary>
    /// <param name="owner">JSON, UTF-8.</param>
    public static string? WorkspaceOf(ReadOnlySpan<byte> owner)
    {
        var json = new Utf8JsonReader(owner);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("ws_id"u8))
                return json.Read() ? json.GetString() : null;
        }

        return null;
    }

    /// <summary>Repeats an admission's event and adds the outcome of the call.</summary>
    public static string WithOutcome(string admission, bool success, string? errorType, string? errorMessage)
    {
        var text = new StringBuilder(admission.Length + 64)
            .Append(admission, 0, admission.Length - 1)
            .Append(success ? ",\"success\":true" : ",\"success\":false");
        if (errorType is not null)
            text.Append(",\"error_type\":\"").Append(JavaScriptEncoder.Default.Encode(Cut(errorType, MaxErrorType))).Append('"');
        if (errorMessage is not null)
            text.Append(",\"error_message\":\"").Append(JavaScriptEncoder.Default.Encode(Cut(errorMessage, MaxErrorMessage))).Append('"');
        return text.Append('}').ToString();
    }

    /// <summary>Further fields of an event, which a script adds: an admin's explanation.</summary>
    public static string Note(string errorType, string errorMessage) =>
        $",\"error_type\":\"{JavaScriptEncoder.Default.Encode(Cut(errorType, MaxErrorType))}\"{Note(errorMessage)}";

    /// <summary>The field of an event for a message.</summary>
    public static string Note(string message) => $",\"error_message\":\"{JavaScriptEncoder.Default.Encode(Cut(message, MaxErrorMessage))}\"";

    /// <summary>The field of an event for a reservation.</summary>
    public static string ReservationNote(string reservationId) => $",\"reservation_id\":\"{reservationId}\"";

    /// <summary>The field of an event for the caller's label, which needs no escaping.</summary>
    public static string MeterNote(string meter) => $",\"meter\":\"{meter}\"";

    /// <summary>The field of an event for the caller's idempotency key, which needs no escaping.</summary>
    public static string KeyNote(string key) => $",\"idempotency_key\":\"{key}\"";

    /// <summary>Reads the public id of an event and nothing else; null if the text does not begin like an event.</summary>
    public static string? TokenOf(string json)
    {
        const string start = "{\"token\":\"";
        int end = json.StartsWith(start, StringComparison.Ordinal) ? json.IndexOf('"', start.Length) : -1;
        return end < 0 ? null : json[start.Length..end];
    }

    /// <summary>Reads an event.</summary>
    /// <param name="json">The event.</param>
    /// <param name="texts">Cache of the strings that many events share.</param>
    /// <exception cref="FormatException">It is damaged; the message says how.</exception>
    public static QuotaLogEntry Parse(ReadOnlySpan<byte> json, Utf8StringCache texts)
    {
        try
        {
            return Read(json, texts);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            throw new FormatException($"Not an audit event: {e.Message}", e);
        }
    }

    /// <summary>Reads an event; null if it is damaged.</summary>
    public static QuotaLogEntry? TryParse(string json)
    {
        try
        {
            return Parse(json);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Reads an event.</summary>
    /// <exception cref="FormatException">It is damaged; the message says how.</exception>
    public static QuotaLogEntry Parse(string json) => Parse(Encoding.UTF8.GetBytes(json), new Utf8StringCache());

    private static QuotaLogEntry Read(ReadOnlySpan<byte> json, Utf8StringCache texts)
    {
        string? token = null, workspace = null, email = null, request = null, errorType = null, errorMessage = null;
        string? reservation = null, idempotencyKey = null, meter = null, hold = null;
        PeriodState? periodState = null;
        int epoch = 0, change = 0;
        long seq = 0, at = 0;
        int? before = null, after = null, total = null, period = null;
        DateTime? effectiveAt = null;
        bool? success = null;
        bool isLate = false;
        QuotaAction? action = null;

        var reader = new Utf8JsonReader(json);
        reader.Read();
        var field = AuditEventField.Unknown;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            field = FieldAt(ref reader, expected: field + 1);
            reader.Read();
            switch (field)
            {
                case AuditEventField.Token: token = texts.Read(ref reader); break;
                case AuditEventField.WorkspaceId: workspace = texts.Read(ref reader); break;
                case AuditEventField.Email: email = texts.Read(ref reader); break;
                case AuditEventField.Epoch: epoch = (int)(Number(ref reader) ?? 0); break;
                case AuditEventField.Seq: seq = Number(ref reader) ?? 0; break;
                case AuditEventField.Before: before = (int?)Number(ref reader); break;
                case AuditEventField.After: after = (int?)Number(ref reader); break;
                case AuditEventField.Change: change = (int)(Number(ref reader) ?? 0); break;
                case AuditEventField.Action: action = Action(texts.Read(ref reader)); break;
                case AuditEventField.RequestId: request = reader.GetString(); break;
                case AuditEventField.At: at = Number(ref reader) ?? 0; break;
                case AuditEventField.Success: success = reader.GetBoolean(); break;
                case AuditEventField.ErrorType: errorType = texts.Read(ref reader); break;
                case AuditEventField.ErrorMessage: errorMessage = reader.GetString(); break;
                case AuditEventField.Late: isLate = reader.GetBoolean(); break;
                case AuditEventField.Total: total = (int?)Number(ref reader); break;
                case AuditEventField.EffectiveAt: effectiveAt = UnixTime.At(reader.GetInt64()); break;
                case AuditEventField.Period: period = reader.GetInt32(); break;
                case AuditEventField.PeriodState: periodState = PeriodState.Parse(reader.GetString()); break;
                case AuditEventField.ReservationId: reservation = reader.GetString(); break;
                case AuditEventField.IdempotencyKey: idempotencyKey = reader.GetString(); break;
                case AuditEventField.Meter: meter = texts.Read(ref reader); break;
                case AuditEventField.Hold: hold = reader.GetString(); break;
                default: throw new FormatException("it has an unknown field.");
            }
        }

        if (token is null || workspace is null || email is null || request is null || action is null || epoch < 1 || seq < 1 || at < 1)
            throw new FormatException("a field is missing.");

        return new QuotaLogEntry
        {
            TokenId = token,
            WorkspaceId = workspace,
            Email = email,
            Position = new LedgerPosition(epoch, seq),
            QuotaBefore = before,
            QuotaAfter = after,
            QuotaChange = change,
            Action = action.Value,
            RequestId = request,
            ExecutionSuccess = success,
            ExecutionErrorType = errorType,
            ExecutionErrorMessage = errorMessage,
            CreatedAt = UnixTime.At(at),
            IsLateOutcome = isLate,
            TotalAfter = total,
            EffectiveAt = effectiveAt,
            Period = period,
            PeriodState = periodState,
            ReservationId = reservation,
            IdempotencyKey = idempotencyKey,
            Meter = meter,
            Reservation = reservation is null || hold is null ? null : Reservations.Reservation.Parse(reservation, hold),
        };
    }

    // Fields come in one order, so the next one nearly always matches.
    private static AuditEventField FieldAt(ref Utf8JsonReader reader, AuditEventField expected)
    {
        if ((int)expected < Names.Length && reader.ValueTextEquals(Names[(int)expected])) return expected;
        for (int i = 0; i < Names.Length; i++)
            if (reader.ValueTextEquals(Names[i])) return (AuditEventField)i;
        return AuditEventField.Unknown;
    }

    private static long? Number(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null ? null : reader.GetInt64();

    private static QuotaAction Action(string? name) => name switch
    {
        "init" => QuotaAction.Init,
        "consume" => QuotaAction.Consume,
        "refund" => QuotaAction.Refund,
        "recharge" => QuotaAction.Recharge,
        "refill" => QuotaAction.Refill,
        "expire" => QuotaAction.Expire,
        "reserve" => QuotaAction.Reserve,
        "release" => QuotaAction.Release,
        _ => throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it has the unknown action {name}.")),
    };

    /// <summary>Truncates to a number of characters without splitting a surrogate pair.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        return char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
    }
}
