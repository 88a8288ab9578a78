using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.OpenApi;

/// <summary>How operations can fail: as they say, and as follows from what they take.</summary>
internal static class OperationErrors
{
    /// <summary>What a gateway may ask to get as 403 (<c>deny=403</c>).</summary>
    private static readonly ErrorType[] Refusals = [ErrorType.QuotaExceeded, ErrorType.RateLimit, ErrorType.ServiceUnavailable];

    /// <summary>Every kind of failure of an operation.</summary>
    public static IEnumerable<ErrorType> Of(Operation operation, string method)
    {
        List<ErrorType> errors = [ErrorType.Validation, ErrorType.Internal, .. operation.Errors];
        if (operation.Access != Access.Anyone)
            errors.AddRange([ErrorType.Authentication, ErrorType.ServiceUnavailable]);
        if (operation.Body is not null)
            errors.AddRange([ErrorType.RequestTimeout, ErrorType.PayloadTooLarge, ErrorType.UnsupportedMediaType]);
        if (operation.TakesKey || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method))
            errors.Add(ErrorType.IdempotencyMismatch);
        if (operation.Access == Access.Gateway)
            errors.AddRange(Refusals.Select(error => error with { Status = StatusCodes.Status403Forbidden }));
        return errors.Distinct();
    }
}
