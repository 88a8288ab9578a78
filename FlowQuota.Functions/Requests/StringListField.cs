namespace FlowQuota.Functions.Requests;

/// <summary>A list of different texts. In the query, the parameter is repeated.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Most">Most texts.</param>
/// <param name="Item">What each must be.</param>
/// <param name="Description">What it is for.</param>
internal sealed record StringListField(string Name, int Most, StringField Item, string Description) : Field(Name, Description);
