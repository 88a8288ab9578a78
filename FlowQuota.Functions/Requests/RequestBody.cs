namespace FlowQuota.Functions.Requests;

/// <summary>The JSON object in the body of a request.</summary>
/// <param name="MaxBytes">Its most bytes, unpacked; more is a 413. Null = a setting says.</param>
/// <param name="Fields">The fields that it may have; any other is a 400.</param>
internal sealed record RequestBody(int? MaxBytes, FieldSet Fields)
{
    /// <summary>True if an empty body counts as <c>{}</c>.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>A body for the document, as JSON.</summary>
    public required string Example { get; init; }
}
