namespace FlowQuota.Functions.Requests;

/// <summary>True or false.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
internal sealed record FlagField(string Name, string Description) : Field(Name, Description);
