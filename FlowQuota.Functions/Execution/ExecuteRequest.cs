using System.Buffers.Binary;
using System.Text.Unicode;
using FlowQuota.Errors;
using FlowQuota.Execution;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Execution;

/// <summary>Reads and checks the body of execute.</summary>
internal static class ExecuteRequest
{
    private static readonly StringField Code = new("code_base64",
        "JavaScript, UTF-8 in base64, of at most EXECUTE_MAX_CODE_BYTES. It may return a value, use await and read input. Required, unless codebase64 is given.")
    {
        Pattern = "^[A-Za-z0-9+/\\s]*={0,2}\\s*$",
        Expected = "must be JavaScript in base64",
    };

    private static readonly StringField OlderCode = Code with { Name = "codebase64", Description = "The same under its older name." };

    private static readonly JsonField Input = new("input", "What the code reads as input: any JSON.");

    /// <summary>The body, of at most <c>EXECUTE_MAX_BODY_BYTES</c>.</summary>
    public static readonly RequestBody Body = new(MaxBytes: null, [Code, OlderCode, Input])
    {
        Example = """{"code_base64":"Y29uc29sZS5sb2coJ0hlbGxvJyk=","input":null}""",
    };

    public static async Task<(ReadOnlyMemory<byte> Code, ReadOnlyMemory<byte> Input)> ReadAsync(FlowRequest request, ExecutionLimits limits)
    {
        using var body = await JsonBody.ReadAsync(request, limits.MaxBodyBytes);
        var field = body.Has(OlderCode) && !body.Has(Code) ? OlderCode : Code;
        if (field == Code && body.Has(OlderCode))
            throw new InvalidFieldException(OlderCode.Name, $"must not be given beside {Code.Name}");
        return (Decode(field.Name, body.String(field), limits.MaxCodeBytes), body.Raw(Input));
    }

    /// <summary>The key of a request: a repeat has the same code and input.</summary>
    /// <param name="text">The key as the caller sent it.</param>
    /// <param name="code">The code.</param>
    /// <param name="input">The input.</param>
    public static IdempotencyKey Key(string text, ReadOnlyMemory<byte> code, ReadOnlyMemory<byte> input)
    {
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, code.Length);
        return IdempotencyKey.OfCaller("execute", text, [.. length, .. code.Span, .. input.Span]);
    }

    private static ReadOnlyMemory<byte> Decode(string name, string base64, int maxBytes)
    {
        if (base64.Length > (maxBytes + 2L) / 3 * 4)
            throw TooLong(name, maxBytes);
        byte[] bytes = new byte[base64.Length / 4 * 3];
        if (base64.Length == 0 || !Convert.TryFromBase64String(base64, bytes, out int length))
            throw new InvalidFieldException(name, "must be JavaScript in base64 (RFC 4648, with padding)");
        if (length > maxBytes)
            throw TooLong(name, maxBytes);
        if (!Utf8.IsValid(bytes.AsSpan(0, length)))
            throw new InvalidFieldException(name, "must be UTF-8 behind the base64");
        return bytes.AsMemory(0, length);
    }

    private static InvalidFieldException TooLong(string name, int maxBytes) =>
        new(name, $"must hold at most {maxBytes} bytes of code");
}
