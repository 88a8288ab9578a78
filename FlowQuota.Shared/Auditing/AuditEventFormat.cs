using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowQuota.Quotas;

namespace FlowQuota.Auditing;

/// <summary>
/// The form of an event in <c>outbox:audit</c>: one JSON object, written by the scripts, to which the outcome of a call
/// adds <c>success</c>, <c>error_type</c> and <c>error_message</c>, and <c>late</c> if Redis was restarted in between.
/// <c>total</c> is what is granted after an admin's change.
/// </summary>
internal static class AuditEventFormat
{
    private const int MaxErrorType = 100;
    private const int MaxErrorMessage = 500;

    private static readonly byte[][] Names =
    [
        [.. "token"u8], [.. "ws_id"u8], [.. "email"u8], [.. "epoch"u8], [.. "seq"u8], [.. "before"u8], [.. "after"u8], [.. "change"u8],
        [.. "action"u8], [.. "request_id"u8], [.. "at"u8], [.. "success"u8], [.. "error_type"u8], [.. "error_message"u8], [.. "late"u8], [.. "total"u8],
    ];

    /// <summary>The part of an event that names the token's owner, made here because Lua does not escape.</summary>
    public static string Owner(string workspaceId, string email) =>
        $"\"ws_id\":\"{JavaScriptEncoder.Default.Encode(workspaceId)}\",\"email\":\"{JavaScriptEncoder.Default.Encode(email)}\"";

    /// <summary>Repeats an admission's event and adds what became of the call.</summary>
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

    /// <summary>Further fields of an event, for a script to add: what was wrong, in an admin's words.</summary>
    public static string Note(string errorType, string errorMessage) =>
        $",\"error_type\":\"{JavaScriptEncoder.Default.Encode(Cut(errorType, MaxErrorType))}\",\"error_message\":\"{JavaScriptEncoder.Default.Encode(Cut(errorMessage, MaxErrorMessage))}\"";

    /// <summary>The public id in an event, without reading the rest; null where it does not begin like one.</summary>
    public static string? TokenOf(string json)
    {
        const string start = "{\"token\":\"";
        int end = json.StartsWith(start, StringComparison.Ordinal) ? json.IndexOf('"', start.Length) : -1;
        return end < 0 ? null : json[start.Length..end];
    }

    /// <summary>Reads an event.</summary>
    /// <param name="json">The event.</param>
    /// <param name="texts">Where the texts are taken from that many events have.</param>
    /// <exception cref="FormatException">It is damaged; the message says how.</exception>
    public static QuotaLogEntry Parse(ReadOnlySpan<byte> json, RecentTexts texts)
    {
        try
        {
            return Read(json, texts);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
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
    public static QuotaLogEntry Parse(string json) => Parse(Encoding.UTF8.GetBytes(json), new RecentTexts());

    private static QuotaLogEntry Read(ReadOnlySpan<byte> json, RecentTexts texts)
    {
        string? token = null, workspace = null, email = null, request = null, errorType = null, errorMessage = null;
        int epoch = 0, change = 0;
        long seq = 0, at = 0;
        int? before = null, after = null, total = null;
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
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime,
            IsLateOutcome = isLate,
            TotalAfter = total,
        };
    }

    // Fields come in one order, so nearly always the next one is it.
    private static AuditEventField FieldAt(ref Utf8JsonReader reader, AuditEventField expected)
    {
        if ((int)expected < Names.Length && reader.ValueTextEquals(Names[(int)expected])) return expected;
        for (var i = 0; i < Names.Length; i++)
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
        _ => throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it has the unknown action {name}.")),
    };

    /// <summary>Cuts to a number of characters without cutting a surrogate pair in two.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        return char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
    }
}
