namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>A piece of a date's text.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Value">A number, a month, hours, or the character of a symbol.</param>
/// <param name="Length">Characters of the text.</param>
internal readonly record struct DateToken(DateTokenKind Kind, int Value, int Length)
{
    /// <summary>Whether it is + or -.</summary>
    public bool IsSign => IsSymbol('+') || IsSymbol('-');

    /// <summary>Whether it is a Z alone.</summary>
    public bool IsZ => Kind == DateTokenKind.Zone && Length == 1;

    /// <summary>Whether it is this symbol.</summary>
    public bool IsSymbol(char symbol) => Kind == DateTokenKind.Symbol && Value == symbol;

    /// <summary>Whether it is a number of exactly so many digits, within the bounds.</summary>
    public bool IsNumber(int digits, int least, int most) =>
        Kind == DateTokenKind.Number && Length == digits && Value >= least && Value <= most;
}
