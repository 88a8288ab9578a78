using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FlowQuota.Client;

/// <summary>The outcome of an <see cref="FlowQuotaClient.ExecuteAsync"/>.</summary>
public sealed record ExecuteResult : MeteredResult
{
    /// <summary>True if the code ran to its end: the call was admitted, and nothing failed.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsSuccess => Value is not null && Error is null && Refusal is null;

    /// <summary>What the code returned, <c>null</c> of JSON if nothing; null if it failed or did not run.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>
    /// True if this is the result of an earlier request that was too large to be kept. Then <see cref="Value"/> is <c>null</c>
    /// of JSON and <see cref="Logs"/> is empty.
    /// </summary>
    public bool IsValueOmitted { get; init; }

    /// <summary>What the code wrote to <c>console</c>, a line each.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>Why the code failed; null if it did not fail or did not run.</summary>
    public ExecuteError? Error { get; init; }

    /// <summary>How long the code ran, in whole milliseconds.</summary>
    public TimeSpan ExecutionTime { get; init; }

    /// <summary>What the code returned, as a type of the caller's.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="options">How JSON is read; null = as ASP.NET Core does, names in camelCase.</param>
    /// <exception cref="InvalidOperationException">There is no value: the call was refused, or the code failed.</exception>
    /// <exception cref="JsonException">The value is not of this type.</exception>
    public T? ValueAs<T>(JsonSerializerOptions? options = null) =>
        (Value ?? throw new InvalidOperationException($"The code returned nothing: {Error?.Message ?? Refusal?.Message}"))
        .Deserialize<T>(options ?? JsonSerializerOptions.Web);
}
