using FlowQuota.Functions.Http;
using FlowQuota.Quotas;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Quotas;

/// <summary>Answers calls that were not admitted.</summary>
internal static class Refusals
{
    private const int RetryAfterSeconds = 1;
    private const int BacklogRetryAfterSeconds = 30;

    /// <summary>The answer to a refusal; null for an admitted call.</summary>
    public static IResult? Of(FlowRequest request, Admission admission) => admission.Status switch
    {
        AdmissionStatus.Admitted => null,
        AdmissionStatus.RateLimited => new ProblemAnswer(request, StatusCodes.Status429TooManyRequests, ErrorType.RateLimit,
            $"The rate limit is spent; try again in {admission.RetryAfterSeconds} s.")
        {
            Allowance = admission.Allowance,
            RetryAfterSeconds = admission.RetryAfterSeconds,
        },
        AdmissionStatus.Exhausted => new ProblemAnswer(request, StatusCodes.Status429TooManyRequests, ErrorType.QuotaExceeded,
            $"The quota is spent: {admission.Allowance?.Remaining} of {admission.Allowance?.Total} calls are left.")
        {
            Allowance = admission.Allowance,
        },
        AdmissionStatus.Unknown => Unauthorized(request, "The access token is not known."),
        AdmissionStatus.Disabled => Unauthorized(request, "The access token is disabled."),
        AdmissionStatus.Expired => Unauthorized(request, "The access token is expired."),
        AdmissionStatus.Backlogged => Unavailable(request, "Too many records wait for the database; try again later.", BacklogRetryAfterSeconds),
    };

    /// <summary>401: the request presents no token, or one that cannot be.</summary>
    public static IResult NoToken(FlowRequest request) =>
        Unauthorized(request, "An access token is needed: Authorization: Bearer <token>, or the header accessToken.");

    /// <summary>503: come back soon.</summary>
    public static IResult Unavailable(FlowRequest request, string message, int retryAfterSeconds = RetryAfterSeconds) =>
        new ProblemAnswer(request, StatusCodes.Status503ServiceUnavailable, ErrorType.ServiceUnavailable, message)
        {
            RetryAfterSeconds = retryAfterSeconds,
        };

    private static ProblemAnswer Unauthorized(FlowRequest request, string message) =>
        new(request, StatusCodes.Status401Unauthorized, ErrorType.Authentication, message);
}
