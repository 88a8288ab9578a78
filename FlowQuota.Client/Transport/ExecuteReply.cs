using System.Net;
using System.Text.Json;

namespace FlowQuota.Client.Transport;

/// <summary>Reads the response to execute, which has an envelope of its own.</summary>
internal static class ExecuteReply
{
    /// <exception cref="FlowQuotaException">It is neither a run nor a refusal.</exception>
    public static ExecuteResult Read(Reply reply)
    {
        if (reply.Refusal is { } refusal)
            return new ExecuteResult { RequestId = reply.RequestId, Refusal = refusal };
        if (reply.Status is not (HttpStatusCode.OK or HttpStatusCode.BadRequest))
            throw reply.Failure();
        var data = reply.Whole(ClientJson.Default.ExecuteData);
        // A wrong request is a 400, too, and has no logs.
        bool succeeded = reply.Status == HttpStatusCode.OK && data.Result.ValueKind != JsonValueKind.Undefined;
        if (data.Logs is null || (!succeeded && reply.Error is null))
            throw reply.Failure();
        return new ExecuteResult
        {
            RequestId = reply.RequestId,
            IsReplayed = reply.IsReplayed,
            TotalQuota = data.Quota?.TotalQuota,
            RemainingQuota = data.Quota?.RemainingQuota,
            Value = succeeded ? data.Result : null,
            IsValueOmitted = data.ResultOmitted,
            Logs = data.Logs,
            Error = succeeded ? null : new ExecuteError(reply.Error!.Type, reply.Error.Message, reply.Error.Stack),
            ExecutionTime = TimeSpan.FromMilliseconds(data.Timing?.ExecutionTime ?? 0),
        };
    }
}
