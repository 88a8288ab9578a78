namespace FlowQuota.Functions.Http;

/// <summary>The values of <c>error.type</c> that the service itself returns (docs/api.md).</summary>
internal static class ErrorType
{
    public const string Validation = "ValidationError";
    public const string Authentication = "AuthenticationError";
    public const string NotFound = "NotFound";
    public const string MethodNotAllowed = "MethodNotAllowed";
    public const string RequestTimeout = "RequestTimeout";
    public const string PayloadTooLarge = "PayloadTooLarge";
    public const string UnsupportedMediaType = "UnsupportedMediaType";
    public const string IdempotencyMismatch = "IdempotencyMismatch";
    public const string IdempotencyInProgress = "IdempotencyInProgress";
    public const string ReservationEnded = "ReservationEnded";
    public const string ReservationOverrun = "ReservationOverrun";
    public const string TooManyReservations = "TooManyReservations";
    public const string QuotaExceeded = "QuotaExceeded";
    public const string RateLimit = "TokenRateLimitError";
    public const string ServiceUnavailable = "ServiceUnavailable";
    public const string Internal = "InternalError";
}
