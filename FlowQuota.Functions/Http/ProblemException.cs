namespace FlowQuota.Functions.Http;

/// <summary>Ends a request with an error response.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="type">One of <see cref="ErrorType"/>.</param>
/// <param name="message">The message for the caller.</param>
internal sealed class ProblemException(int status, string type, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;
}
