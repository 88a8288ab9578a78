using System.Text.Json;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Quotas;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Execution;

/// <summary>Execute's own envelope (contract, section 1): the result or the code's failure, logs, quota and timing.</summary>
internal sealed class ExecutionAnswer(FlowRequest request, Allowance allowance, ExecutionOutcome outcome)
    : FlowAnswer(request, outcome is ExecutionOutcome.Succeeded ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest)
{
    protected override void WriteHeaders(IHeaderDictionary headers) => RateLimitHeaders.Write(headers, allowance, Request.Clock);

    protected override void WriteFields(Utf8JsonWriter json)
    {
        switch (outcome)
        {
            case ExecutionOutcome.Succeeded succeeded:
                json.WriteBoolean("success"u8, true);
                json.WritePropertyName("result"u8);
                json.WriteRawValue(succeeded.ResultJson.Span, skipInputValidation: true);
                break;
            case ExecutionOutcome.Failed failed:
                json.WriteBoolean("success"u8, false);
                json.WriteStartObject("error"u8);
                json.WriteString("type"u8, failed.ErrorType);
                json.WriteString("message"u8, failed.Message);
                if (failed.Stack is not null)
                    json.WriteString("stack"u8, failed.Stack);
                json.WriteEndObject();
                break;
        }

        json.WriteStartArray("logs"u8);
        foreach (string line in outcome.Logs)
            json.WriteStringValue(line);
        json.WriteEndArray();

        WriteQuota(json);
        WriteTiming(json, outcome.Duration);
    }

    private void WriteQuota(Utf8JsonWriter json)
    {
        if (allowance.Type == QuotaType.Time)
        {
            json.WriteNull("quota"u8);
            return;
        }

        json.WriteStartObject("quota"u8);
        json.WriteString("quota_type"u8, TokenWords.Of(allowance.Type));
        json.WriteNumber("total_quota"u8, allowance.Total ?? 0);
        json.WriteNumber("remaining_quota"u8, allowance.Remaining ?? 0);
        json.WriteEndObject();
    }
}
