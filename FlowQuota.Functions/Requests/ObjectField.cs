namespace FlowQuota.Functions.Requests;

/// <summary>An object with fields of its own, which are named after it: <c>name.field</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Fields">The fields that it may have; any other is a 400.</param>
/// <param name="Description">What it is for.</param>
internal sealed record ObjectField(string Name, FieldSet Fields, string Description) : Field(Name, Description);
