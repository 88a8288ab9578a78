using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks the bodies of create and change.</summary>
internal static class TokenRequests
{
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly TextField WorkspaceId = TokenParameters.WorkspaceId with { IsRequired = true };

    private static readonly TextField EmailField = TokenParameters.Email with { IsRequired = true };

    private static readonly ChoiceField<ExpiryOperation> Operation = new("operation", TokenWords.Operations,
        "add = days from now, or from the end date if that is in the future; set = specific_date; unlimited = no end. A new token needs one.");

    private static readonly NumberField Days = new("days", 1, 36_500, "Days; required for add, and goes with add alone.");

    private static readonly StringField Date = new("specific_date", "The end, in the zone of FLOW_TIME_ZONE, and in the future; required for set, and goes with set alone.")
    {
        Pattern = StringField.DatePattern,
        Expected = "must be a date in the future, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss",
    };

    private static readonly ChoiceField<QuotaType> Type = new("quota_type", TokenWords.QuotaTypes,
        "What ends the token: its date (time, the default), its units (count), or whichever comes first (hybrid).");

    private static readonly NumberField Total = new("total_quota", 1, int.MaxValue, "Units; required for count and hybrid unless a period is given, and must not be given for time.");

    private static readonly NumberField PerMinute = new("rate_limit_per_minute", 1, int.MaxValue, "Calls in a window; null = no limit.");

    private static readonly NumberField Burst = new("rate_limit_burst", 1, int.MaxValue, "Calls in any one second; null = no limit.");

    private static readonly NumberField Window = new("rate_limit_window_seconds", 1, 86_400, "Seconds of the window; 60 by default.");

    private static readonly FlagField IsActive = new("is_active", "False = all calls are refused with 401.");

    private static readonly ChoiceField<QuotaOperation> Recharge = new("quota_operation", TokenWords.QuotaOperations,
        "add = units more; set = so many are left; reset = a new total, or the old one.");

    private static readonly NumberField AmountField = new("quota_amount", 0, int.MaxValue, "Units for quota_operation; required for add (1 or more) and set, optional for reset.");

    /// <summary>The body of create.</summary>
    public static readonly RequestBody New = new(MaxBodyBytes,
        [WorkspaceId, EmailField, Operation, Days, Date, Type, Total, PeriodRequests.Field, PerMinute, Burst, Window, .. DescriptionRequests.Fields])
    {
        Example = """{"ws_id":"demo","email":"demo@example.com","operation":"unlimited","quota_type":"count","total_quota":10,"rate_limit_per_minute":60}""",
    };

    /// <summary>The body of change.</summary>
    public static readonly RequestBody Change = new(MaxBodyBytes,
        [Operation, Days, Date, Type, IsActive, Recharge, AmountField, PeriodRequests.Field, PerMinute, Burst, Window, .. DescriptionRequests.Fields])
    {
        Example = """{"quota_operation":"add","quota_amount":100}""",
    };

    public static async Task<NewToken> ReadNewAsync(FlowRequest request)
    {
        using var body = await JsonBody.ReadAsync(request);

        var type = body.OptionalChoice(Type) ?? QuotaType.Time;
        int? total = body.OptionalNumber(Total);
        var period = PeriodRequests.ReadNew(body, request.Clock);
        if (type == QuotaType.Time && total is not null)
            throw Metered(Total);
        if (type == QuotaType.Time && period is not null)
            throw Metered(PeriodRequests.Field);
        if (type != QuotaType.Time && total is null && period is null)
            throw new InvalidFieldException(Total.Name, $"is missing; count and hybrid need a whole number from 1 to {int.MaxValue}, or a period");
        if (period is not null && total is not null && total != period.Amount)
            throw new InvalidFieldException(Total.Name, "must be left out, or equal period.amount");

        return new NewToken
        {
            WorkspaceId = body.Text(WorkspaceId),
            Email = Email(body),
            Name = DescriptionRequests.Name(body),
            Tags = DescriptionRequests.Tags(body),
            Metadata = DescriptionRequests.Metadata(body),
            Expiry = Expiry(body, request.Clock)
                ?? throw body.Missing(Operation.Name, Operation.Expected),
            QuotaType = type,
            TotalQuota = total ?? period?.Amount,
            Period = period,
            RateLimitPerMinute = body.OptionalNumber(PerMinute),
            RateLimitBurst = body.OptionalNumber(Burst),
            RateLimitWindowSeconds = body.OptionalNumber(Window) ?? 60,
        };
    }

    public static async Task<TokenChange> ReadChangeAsync(FlowRequest request)
    {
        using var body = await JsonBody.ReadAsync(request);

        var operation = body.OptionalChoice(Recharge) ?? QuotaOperation.None;
        var change = new TokenChange
        {
            Expiry = Expiry(body, request.Clock),
            IsActive = body.OptionalFlag(IsActive),
            QuotaType = body.OptionalChoice(Type),
            RateLimitPerMinute = Limit(body, PerMinute),
            RateLimitBurst = Limit(body, Burst),
            RateLimitWindowSeconds = body.OptionalNumber(Window),
            Period = PeriodRequests.ReadChange(body, request.Clock),
            Name = DescriptionRequests.NameChange(body),
            Tags = DescriptionRequests.TagsChange(body),
            Metadata = DescriptionRequests.MetadataChange(body),
            QuotaOperation = operation,
            QuotaAmount = Amount(body, operation),
        };
        return change.ChangesTerms || operation != QuotaOperation.None
            ? change
            : throw new InvalidFieldException("body", "must change something: operation, rate limits, quota_type, is_active, period, name, tags, metadata or quota_operation");
    }

    private static InvalidFieldException Metered(Field field) => new(field.Name, "must not be given for quota_type time; it needs count or hybrid");

    private static int? Amount(JsonBody body, QuotaOperation operation)
    {
        var field = operation == QuotaOperation.Add ? AmountField with { Min = 1 } : AmountField;
        int? amount = body.OptionalNumber(field);
        return (operation, amount) switch
        {
            (QuotaOperation.None, not null) => throw new InvalidFieldException(field.Name, "needs quota_operation: add, set or reset"),
            (QuotaOperation.Add or QuotaOperation.Set, null) => throw body.Missing(field.Name, field.Expected),
            _ => amount,
        };
    }

    /// <summary>A limit that null removes.</summary>
    private static OptionalLimit Limit(JsonBody body, NumberField field) =>
        body.Has(field) ? OptionalLimit.To(body.OptionalNumber(field)) : OptionalLimit.Unchanged;

    private static TokenExpiry? Expiry(JsonBody body, TimeZoneFormatter clock)
    {
        int? days = body.OptionalNumber(Days);
        string? date = body.OptionalString(Date);
        var operation = body.OptionalChoice(Operation);

        if (days is not null && operation != ExpiryOperation.Add)
            throw new InvalidFieldException(Days.Name, "goes with operation add alone");
        if (date is not null && operation != ExpiryOperation.Set)
            throw new InvalidFieldException(Date.Name, "goes with operation set alone");

        switch (operation)
        {
            case ExpiryOperation.Add:
                return new TokenExpiry(ExpiryOperation.Add, days
                    ?? throw new InvalidFieldException(Days.Name, $"is missing; operation add needs a whole number from {Days.Min} to {Days.Max}"));
            case ExpiryOperation.Set:
                if (date is null)
                    throw body.Missing(Date.Name, Date.Expected);
                if (!clock.TryParse(date, out var utc, out _) || utc <= clock.UtcNow)
                    throw new InvalidFieldException(Date.Name, Date.Expected);
                return new TokenExpiry(ExpiryOperation.Set, Date: utc);
            case ExpiryOperation.Unlimited:
                return new TokenExpiry(ExpiryOperation.Unlimited);
            default:
                return null;
        }
    }

    private static string Email(JsonBody body)
    {
        string email = body.Text(EmailField);
        return System.Net.Mail.MailAddress.TryCreate(email, out var address) && address.Address == email
            ? email
            : throw new InvalidFieldException(EmailField.Name, "must be an e-mail address such as name@example.com");
    }
}
