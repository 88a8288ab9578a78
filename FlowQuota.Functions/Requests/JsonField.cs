namespace FlowQuota.Functions.Requests;

/// <summary>JSON of any content, taken as it is sent.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
internal sealed record JsonField(string Name, string Description) : Field(Name, Description)
{
    /// <summary>Most bytes of an object; null = any JSON, as long as the body may be.</summary>
    public int? MaxObjectBytes { get; init; }
}
