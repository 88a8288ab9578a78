namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: marks a function.</summary>
/// <param name="name">Its name, unique in the app.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    /// <summary>The function's name.</summary>
    public string Name { get; } = name;
}
