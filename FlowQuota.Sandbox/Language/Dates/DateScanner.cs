using System.Collections.Frozen;

namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>Splits a date's text into tokens, with one token of lookahead.</summary>
internal ref struct DateScanner
{
    // Further digits are ignored.
    private const int SignificantDigits = 9;

    private static readonly FrozenDictionary<string, (DateTokenKind Kind, int Value)> Words = new Dictionary<string, (DateTokenKind, int)>
    {
        ["JAN"] = (DateTokenKind.Month, 1),
        ["FEB"] = (DateTokenKind.Month, 2),
        ["MAR"] = (DateTokenKind.Month, 3),
        ["APR"] = (DateTokenKind.Month, 4),
        ["MAY"] = (DateTokenKind.Month, 5),
        ["JUN"] = (DateTokenKind.Month, 6),
        ["JUL"] = (DateTokenKind.Month, 7),
        ["AUG"] = (DateTokenKind.Month, 8),
        ["SEP"] = (DateTokenKind.Month, 9),
        ["OCT"] = (DateTokenKind.Month, 10),
        ["NOV"] = (DateTokenKind.Month, 11),
        ["DEC"] = (DateTokenKind.Month, 12),
        ["AM"] = (DateTokenKind.HalfDay, 0),
        ["PM"] = (DateTokenKind.HalfDay, 12),
        ["UT"] = (DateTokenKind.Zone, 0),
        ["UTC"] = (DateTokenKind.Zone, 0),
        ["Z"] = (DateTokenKind.Zone, 0),
        ["GMT"] = (DateTokenKind.Zone, 0),
        ["CDT"] = (DateTokenKind.Zone, -5),
        ["CST"] = (DateTokenKind.Zone, -6),
        ["EDT"] = (DateTokenKind.Zone, -4),
        ["EST"] = (DateTokenKind.Zone, -5),
        ["MDT"] = (DateTokenKind.Zone, -6),
        ["MST"] = (DateTokenKind.Zone, -7),
        ["PDT"] = (DateTokenKind.Zone, -7),
        ["PST"] = (DateTokenKind.Zone, -8),
        ["T"] = (DateTokenKind.TimeMark, 0),
    }.ToFrozenDictionary();

    private readonly ReadOnlySpan<char> _text;
    private int _position;

    public DateScanner(ReadOnlySpan<char> text)
    {
        _text = text;
        Peek = Scan();
    }

    /// <summary>The next token.</summary>
    public DateToken Peek { get; private set; }

    /// <summary>Takes the next token.</summary>
    public DateToken Next()
    {
        var token = Peek;
        Peek = Scan();
        return token;
    }

    /// <summary>Takes the next token if it is this symbol.</summary>
    public bool Skip(char symbol)
    {
        if (!Peek.IsSymbol(symbol))
            return false;
        Next();
        return true;
    }

    private DateToken Scan()
    {
        if (_position == _text.Length)
            return default;
        int start = _position;
        char first = _text[_position];
        if (char.IsAsciiDigit(first))
            return ScanNumber(start);
        if (first is ':' or '-' or '+' or '.' or ')')
            return new DateToken(DateTokenKind.Symbol, _text[_position++], 1);
        if (first >= 'A' && !char.IsWhiteSpace(first))
            return ScanWord(start);
        if (char.IsWhiteSpace(first))
        {
            while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
                _position++;
            return new DateToken(DateTokenKind.Space, 0, _position - start);
        }

        if (first == '(')
            SkipParentheses();
        else
            _position++;
        return new DateToken(DateTokenKind.Other, 0, _position - start);
    }

    private DateToken ScanNumber(int start)
    {
        var (value, digits) = (0, 0);
        for (; _position < _text.Length && char.IsAsciiDigit(_text[_position]); _position++)
        {
            if (value == 0 && _text[_position] == '0')
                continue;
            if (digits++ < SignificantDigits)
                value = (value * 10) + _text[_position] - '0';
        }

        return new DateToken(DateTokenKind.Number, value, _position - start);
    }

    private DateToken ScanWord(int start)
    {
        while (_position < _text.Length && _text[_position] >= 'A' && !char.IsWhiteSpace(_text[_position]))
            _position++;
        int length = _position - start;
        string prefix = _text.Slice(start, Math.Min(length, 3)).ToString().ToUpperInvariant();
        return Words.TryGetValue(prefix, out var word) && (length <= 3 || word.Kind == DateTokenKind.Month)
            ? new DateToken(word.Kind, word.Value, length)
            : new DateToken(DateTokenKind.Word, 0, length);
    }

    private void SkipParentheses()
    {
        int depth = 0;
        do
        {
            depth += _text[_position] switch { '(' => 1, ')' => -1, _ => 0 };
            _position++;
        }
        while (depth > 0 && _position < _text.Length);
    }
}
