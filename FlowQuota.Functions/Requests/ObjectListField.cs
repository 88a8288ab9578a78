namespace FlowQuota.Functions.Requests;

/// <summary>A list of 1 or more objects, whose fields are named after it: <c>name[0].field</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Most">Most objects.</param>
/// <param name="Fields">The fields that each object may have; any other is a 400.</param>
/// <param name="Description">What it is for.</param>
internal sealed record ObjectListField(string Name, int Most, FieldSet Fields, string Description) : Field(Name, Description);
