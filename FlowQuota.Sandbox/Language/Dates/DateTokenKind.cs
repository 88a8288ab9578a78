namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>The kind of a piece of a date's text.</summary>
internal enum DateTokenKind
{
    /// <summary>The text's end.</summary>
    End,

    /// <summary>Digits.</summary>
    Number,

    /// <summary>One of <c>: - + . )</c>.</summary>
    Symbol,

    /// <summary>Space.</summary>
    Space,

    /// <summary>The name of a month; the value is its number.</summary>
    Month,

    /// <summary><c>AM</c> or <c>PM</c>; the value is the hours to add.</summary>
    HalfDay,

    /// <summary>The name of a time zone; the value is its offset in hours.</summary>
    Zone,

    /// <summary>The <c>T</c> before a time.</summary>
    TimeMark,

    /// <summary>Any other word.</summary>
    Word,

    /// <summary>A comment in parentheses, or any other character.</summary>
    Other,
}
