using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Quotas;

/// <summary>Answers calls that were not admitted.</summary>
internal static class Refusals
{
    private const int RetryAfterSeconds = 1;
    private const int BacklogRetryAfterSeconds = 30;

    /// <summary>The response to a refusal; null for an admitted call.</summary>
    /// <param name="request">The request.</param>
    /// <param name="admission">The decision.</param>
    /// <param name="cost">The requested units.</param>
    public static IResult? Of(FlowRequest request, AdmissionResult admission, int cost = 1) => admission.Status switch
    {
        AdmissionStatus.Admitted => null,
        AdmissionStatus.RateLimited => new ProblemResult(request, ErrorType.RateLimit,
            $"Rate limit exceeded; retry in {admission.RetryAfterSeconds} s.")
        {
            Allowance = admission.Allowance,
            RetryAfterSeconds = admission.RetryAfterSeconds,
        },
        AdmissionStatus.Exhausted => Exhausted(request, admission, cost),
        AdmissionStatus.Unknown => UnknownToken(request),
        AdmissionStatus.Disabled => Unauthorized(request, "The access token is disabled."),
        AdmissionStatus.Expired => Unauthorized(request, "The access token is expired."),
        AdmissionStatus.Backlogged => Unavailable(request, "Too many records wait for the database; try again later.", BacklogRetryAfterSeconds),
        AdmissionStatus.Mismatch => new ProblemResult(request, ErrorType.IdempotencyMismatch,
            $"An earlier call with this {IdempotencyKeyHeader.Name} asked for something else; nothing was taken. Send a new key with a new call."),
        AdmissionStatus.InProgress => new ProblemResult(request, ErrorType.IdempotencyInProgress,
            $"The first call with this {IdempotencyKeyHeader.Name} still runs; retry to get its result. Nothing was taken for this one.")
        {
            RetryAfterSeconds = RetryAfterSeconds,
        },
        AdmissionStatus.Unmetered => new ProblemResult(request, ErrorType.Validation,
            "amount needs a token of type count or hybrid: this one has no quota to reserve from."),
        AdmissionStatus.TooManyReservations => new ProblemResult(request, ErrorType.TooManyReservations,
            "The token has as many open reservations as it may have, 1000; commit or cancel some."),
    };

    /// <summary>401: no such token, or another secret.</summary>
    public static IResult UnknownToken(FlowRequest request) => Unauthorized(request, "The access token is not known.");

    /// <summary>401: the request presents no token, or one that is malformed or forged.</summary>
    public static IResult NoToken(FlowRequest request) =>
        Unauthorized(request, "An access token is needed: Authorization: Bearer <token>, or the header accessToken.");

    /// <summary>503, to be retried soon.</summary>
    public static IResult Unavailable(FlowRequest request, string message, int retryAfterSeconds = RetryAfterSeconds) =>
        new ProblemResult(request, ErrorType.ServiceUnavailable, message)
        {
            RetryAfterSeconds = retryAfterSeconds,
        };

    private static ProblemResult Exhausted(FlowRequest request, AdmissionResult admission, int cost)
    {
        int? seconds = admission.SecondsToRefill(request.Clock.UtcNow);
        string spent = admission.Allowance is { Remaining: > 0 and var left }
            ? $"cost {cost} is more than the {left} left"
            : $"Quota exceeded: 0 of {admission.Allowance?.Total} calls left";
        if (admission.Allowance is { Reserved: > 0 and var reserved })
            spent += $", and {reserved} are reserved";
        string refill = seconds is null ? "." : $"; it refills at {request.Clock.Format(admission.Allowance!.Period!.EndsAt)}.";
        return new ProblemResult(request, ErrorType.QuotaExceeded, spent + refill)
        {
            Allowance = admission.Allowance,
            RetryAfterSeconds = seconds,
            ReservedQuota = admission.Allowance?.Reserved ?? 0,
        };
    }

    private static ProblemResult Unauthorized(FlowRequest request, string message) =>
        new(request, ErrorType.Authentication, message);
}
