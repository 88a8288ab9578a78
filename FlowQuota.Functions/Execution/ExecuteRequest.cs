using System.Buffers.Binary;
using System.Text.Unicode;
using FlowQuota.Errors;
using FlowQuota.Execution;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Execution;

/// <summary>Reads and checks the body of execute.</summary>
internal static class ExecuteRequest
{
    public static async Task<(ReadOnlyMemory<byte> Code, ReadOnlyMemory<byte> Input)> ReadAsync(FlowRequest request, ExecutionLimits limits)
    {
        using var body = await JsonBody.ReadAsync(request, limits.MaxBodyBytes, mayBeEmpty: false, "code_base64", "codebase64", "input");
        string name = body.Has("codebase64") && !body.Has("code_base64") ? "codebase64" : "code_base64";
        if (name == "code_base64" && body.Has("codebase64"))
            throw new InvalidFieldException("codebase64", "must not be given beside code_base64");
        string base64 = body.OptionalString(name) ?? throw new InvalidFieldException(name, "is missing; it must be JavaScript in base64");
        return (Decode(name, base64, limits.MaxCodeBytes), body.Raw("input"));
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
