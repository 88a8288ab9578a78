using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks the bodies of create and change.</summary>
internal static class TokenRequests
{
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxText = 255;
    private const int MaxDays = 36_500;
    private const int MaxWindowSeconds = 86_400;

    public static async Task<NewToken> ReadNewAsync(FlowRequest request)
    {
        using var body = await JsonBody.ReadAsync(request, MaxBodyBytes, mayBeEmpty: false,
        [
            "ws_id", "email", "operation", "days", "specific_date", "quota_type", "total_quota", "period",
            "rate_limit_per_minute", "rate_limit_burst", "rate_limit_window_seconds", .. DescriptionRequests.Fields,
        ]);

        var type = body.OptionalChoice("quota_type", TokenWords.QuotaTypes) ?? QuotaType.Time;
        int? total = body.OptionalNumber("total_quota", 1, int.MaxValue);
        var period = PeriodRequests.ReadNew(body, request.Clock);
        if (type == QuotaType.Time && total is not null)
            throw Metered("total_quota");
        if (type == QuotaType.Time && period is not null)
            throw Metered("period");
        if (type != QuotaType.Time && total is null && period is null)
            throw new InvalidFieldException("total_quota", $"is missing; count and hybrid need a whole number from 1 to {int.MaxValue}, or a period");
        if (period is not null && total is not null && total != period.Amount)
            throw new InvalidFieldException("total_quota", "must be left out, or equal period.amount");

        return new NewToken
        {
            WorkspaceId = body.Text("ws_id", MaxText),
            Email = Email(body),
            Name = DescriptionRequests.Name(body),
            Tags = DescriptionRequests.Tags(body),
            Metadata = DescriptionRequests.Metadata(body),
            Expiry = Expiry(body, request.Clock)
                ?? throw new InvalidFieldException("operation", "is missing; it must be one of add, set, unlimited"),
            QuotaType = type,
            TotalQuota = total ?? period?.Amount,
            Period = period,
            RateLimitPerMinute = body.OptionalNumber("rate_limit_per_minute", 1, int.MaxValue),
            RateLimitBurst = body.OptionalNumber("rate_limit_burst", 1, int.MaxValue),
            RateLimitWindowSeconds = body.OptionalNumber("rate_limit_window_seconds", 1, MaxWindowSeconds) ?? 60,
        };
    }

    public static async Task<TokenChange> ReadChangeAsync(FlowRequest request)
    {
        using var body = await JsonBody.ReadAsync(request, MaxBodyBytes, mayBeEmpty: false,
        [
            "operation", "days", "specific_date", "quota_type", "is_active", "quota_operation", "quota_amount", "period",
            "rate_limit_per_minute", "rate_limit_burst", "rate_limit_window_seconds", .. DescriptionRequests.Fields,
        ]);

        var operation = body.OptionalChoice("quota_operation", TokenWords.QuotaOperations) ?? QuotaOperation.None;
        var change = new TokenChange
        {
            Expiry = Expiry(body, request.Clock),
            IsActive = body.OptionalFlag("is_active"),
            QuotaType = body.OptionalChoice("quota_type", TokenWords.QuotaTypes),
            RateLimitPerMinute = Limit(body, "rate_limit_per_minute"),
            RateLimitBurst = Limit(body, "rate_limit_burst"),
            RateLimitWindowSeconds = body.OptionalNumber("rate_limit_window_seconds", 1, MaxWindowSeconds),
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

    private static InvalidFieldException Metered(string field) => new(field, "must not be given for quota_type time; it needs count or hybrid");

    private static int? Amount(JsonBody body, QuotaOperation operation)
    {
        const string name = "quota_amount";
        int least = operation == QuotaOperation.Add ? 1 : 0;
        int? amount = body.OptionalNumber(name, least, int.MaxValue);
        return (operation, amount) switch
        {
            (QuotaOperation.None, not null) => throw new InvalidFieldException(name, "needs quota_operation: add, set or reset"),
            (QuotaOperation.Add or QuotaOperation.Set, null) =>
                throw new InvalidFieldException(name, $"is missing; it must be a whole number from {least} to {int.MaxValue}"),
            _ => amount,
        };
    }

    /// <summary>A limit that null removes.</summary>
    private static OptionalLimit Limit(JsonBody body, string name) =>
        body.Has(name) ? OptionalLimit.To(body.OptionalNumber(name, 1, int.MaxValue)) : OptionalLimit.Unchanged;

    private static TokenExpiry? Expiry(JsonBody body, TimeZoneFormatter clock)
    {
        const string expectedDate = "must be a date in the future, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss";
        int? days = body.OptionalNumber("days", 1, MaxDays);
        string? date = body.OptionalString("specific_date");
        var operation = body.OptionalChoice("operation", TokenWords.Operations);

        if (days is not null && operation != ExpiryOperation.Add)
            throw new InvalidFieldException("days", "goes with operation add alone");
        if (date is not null && operation != ExpiryOperation.Set)
            throw new InvalidFieldException("specific_date", "goes with operation set alone");

        switch (operation)
        {
            case ExpiryOperation.Add:
                return new TokenExpiry(ExpiryOperation.Add, days
                    ?? throw new InvalidFieldException("days", $"is missing; operation add needs a whole number from 1 to {MaxDays}"));
            case ExpiryOperation.Set:
                if (date is null)
                    throw new InvalidFieldException("specific_date", $"is missing; it {expectedDate}");
                if (!clock.TryParse(date, out var utc, out _) || utc <= clock.UtcNow)
                    throw new InvalidFieldException("specific_date", expectedDate);
                return new TokenExpiry(ExpiryOperation.Set, Date: utc);
            case ExpiryOperation.Unlimited:
                return new TokenExpiry(ExpiryOperation.Unlimited);
            default:
                return null;
        }
    }

    private static string Email(JsonBody body)
    {
        string email = body.Text("email", MaxText);
        return System.Net.Mail.MailAddress.TryCreate(email, out var address) && address.Address == email
            ? email
            : throw new InvalidFieldException("email", "must be an e-mail address such as name@example.com");
    }
}
