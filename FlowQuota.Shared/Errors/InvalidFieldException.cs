namespace FlowQuota.Errors;

/// <summary>A value in a request is invalid; costs nothing, changes nothing (400 <c>ValidationError</c>).</summary>
/// <param name="field">The field, query parameter or header.</param>
/// <param name="expected">What was expected, so that the message reads "<c>field</c> expected".</param>
public sealed class InvalidFieldException(string field, string expected) : Exception($"{field} {expected}.")
{
    /// <summary>The field, query parameter or header.</summary>
    public string Field { get; } = field;
}
