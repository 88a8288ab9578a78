using System.Text.Json;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Metering;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Execution;

/// <summary>The envelope of execute: the result or the failure of the code, logs, quota and timing.</summary>
internal sealed class ExecutionAnswer : FlowResult
{
    private readonly Allowance _allowance;
    private readonly ExecutionOutcome _outcome;
    private readonly bool _isResultOmitted;

    /// <param name="request">The request that it answers.</param>
    /// <param name="run">The run, with its outcome.</param>
    public ExecutionAnswer(FlowRequest request, MeteredRun run)
        : base(request, run.Outcome is ExecutionOutcome.Succeeded ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest)
    {
        (_allowance, _outcome, _isResultOmitted) = (run.Admission!.Allowance!, run.Outcome!, run.IsResultOmitted);
        (IsReplay, OriginalRequestId) = (run.Status == MeteredRunStatus.Replayed, run.Admission.OriginalRequestId);
    }

    protected override void WriteHeaders(IHeaderDictionary headers) => RateLimitHeaders.Write(headers, _allowance, Request.Clock);

    protected override void WriteFields(Utf8JsonWriter json)
    {
        switch (_outcome)
        {
            case ExecutionOutcome.Succeeded succeeded:
                json.WriteBoolean("success"u8, true);
                json.WritePropertyName("result"u8);
                json.WriteRawValue(succeeded.ResultJson.Span, skipInputValidation: true);
                break;
            case ExecutionOutcome.Failed failed:
                WriteFailure(json, ErrorType.OfCodeNamed(failed.ErrorType), failed.Message, failed.Stack);
                break;
        }

        if (_isResultOmitted)
            json.WriteBoolean("result_omitted"u8, true);
        json.WriteStartArray("logs"u8);
        foreach (string line in _outcome.Logs)
            json.WriteStringValue(line);
        json.WriteEndArray();

        WriteQuota(json);
        WriteTiming(json, _outcome.Duration);
    }

    private void WriteQuota(Utf8JsonWriter json)
    {
        if (_allowance.Type == QuotaType.Time)
        {
            json.WriteNull("quota"u8);
            return;
        }

        json.WriteStartObject("quota"u8);
        json.WriteString("quota_type"u8, TokenWords.Of(_allowance.Type));
        json.WriteNumber("total_quota"u8, _allowance.Total ?? 0);
        json.WriteNumber("remaining_quota"u8, _allowance.Remaining ?? 0);
        json.WriteEndObject();
    }
}
