namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>
/// Reads a date as Node does: the specification's format first, then any sensible order of numbers, names of months, a time
/// and an offset. A date without a zone is UTC.
/// </summary>
internal ref struct DateText
{
    private const double MaxMilliseconds = 8.64e15;

    private DateScanner _scanner;
    private readonly Span<int> _day;
    private readonly Span<int> _time;
    private int _days;
    private int _times;
    private int? _month;
    private int? _halfDay;
    private int _sign;
    private int? _zoneHour;
    private int? _zoneMinute;
    private bool _isStandard;

    private DateText(ReadOnlySpan<char> text, Span<int> day, Span<int> time)
    {
        _scanner = new DateScanner(text);
        _day = day;
        _time = time;
    }

    /// <summary>Reads a text.</summary>
    /// <returns>False if the text is no date.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds) =>
        new DateText(text, stackalloc int[3], stackalloc int[4]).TryParse(out milliseconds);

    private bool TryParse(out long milliseconds)
    {
        milliseconds = 0;
        if (ReadStandard() is not { } rest)
            return false;
        bool hasNumber = _days > 0;
        for (; rest.Kind != DateTokenKind.End; rest = _scanner.Next())
        {
            if (!Read(rest, ref hasNumber))
                return false;
        }

        return TryWrite(out milliseconds);
    }

    // The first token that the format does not have; null if the text is no date at all.
    private DateToken? ReadStandard()
    {
        if (_scanner.Peek.IsSign)
        {
            var sign = _scanner.Next();
            if (!_scanner.Peek.IsNumber(6, 0, int.MaxValue) || (sign.IsSymbol('-') && _scanner.Peek.Value == 0))
                return sign;
            _day[_days++] = (sign.IsSymbol('-') ? -1 : 1) * _scanner.Next().Value;
        }
        else if (_scanner.Peek.IsNumber(4, 0, int.MaxValue))
        {
            _day[_days++] = _scanner.Next().Value;
        }
        else
        {
            return _scanner.Next();
        }

        foreach (int most in (ReadOnlySpan<int>)[12, 31])
        {
            if (!_scanner.Skip('-'))
                break;
            if (!_scanner.Peek.IsNumber(2, 1, most))
                return _scanner.Next();
            _day[_days++] = _scanner.Next().Value;
        }

        if (_scanner.Peek.Kind == DateTokenKind.TimeMark)
        {
            _scanner.Next();
            if (!ReadStandardTime() || !ReadStandardZone() || _scanner.Peek.Kind != DateTokenKind.End)
                return null;
        }
        else if (_scanner.Peek.Kind != DateTokenKind.End)
        {
            return _scanner.Next();
        }

        _isStandard = true;
        return _scanner.Peek;
    }

    private bool ReadStandardTime()
    {
        if (!_scanner.Peek.IsNumber(2, 0, 24))
            return false;
        int most = _scanner.Peek.Value == 24 ? 0 : 59;
        _time[_times++] = _scanner.Next().Value;
        if (!_scanner.Skip(':') || !_scanner.Peek.IsNumber(2, 0, most))
            return false;
        _time[_times++] = _scanner.Next().Value;
        if (!_scanner.Skip(':'))
            return true;
        if (!_scanner.Peek.IsNumber(2, 0, most))
            return false;
        _time[_times++] = _scanner.Next().Value;
        if (!_scanner.Skip('.'))
            return true;
        if (_scanner.Peek.Kind != DateTokenKind.Number || (most == 0 && _scanner.Peek.Value > 0))
            return false;
        _time[_times++] = Milliseconds(_scanner.Next());
        return true;
    }

    private bool ReadStandardZone()
    {
        if (_scanner.Peek.IsZ)
        {
            _scanner.Next();
            SetZone(0);
            return true;
        }

        if (!_scanner.Peek.IsSign)
            return true;
        _sign = _scanner.Next().IsSymbol('-') ? -1 : 1;
        if (_scanner.Peek.IsNumber(4, 0, 2359))
        {
            (_zoneHour, _zoneMinute) = (_scanner.Peek.Value / 100, _scanner.Next().Value % 100);
            return _zoneMinute < 60;
        }

        if (!_scanner.Peek.IsNumber(2, 0, 23))
            return false;
        _zoneHour = _scanner.Next().Value;
        if (!_scanner.Skip(':') || !_scanner.Peek.IsNumber(2, 0, 59))
            return false;
        _zoneMinute = _scanner.Next().Value;
        return true;
    }

    private bool Read(DateToken token, ref bool hasNumber)
    {
        switch (token.Kind)
        {
            case DateTokenKind.Number:
                hasNumber = true;
                return ReadNumber(token.Value);
            case DateTokenKind.HalfDay when _times > 0:
                _halfDay = token.Value;
                return true;
            case DateTokenKind.Month:
                _month = token.Value;
                _scanner.Skip('-');
                return true;
            case DateTokenKind.Zone when hasNumber:
                SetZone(token.Value);
                return true;
            case DateTokenKind.Word or DateTokenKind.HalfDay or DateTokenKind.Zone or DateTokenKind.TimeMark:
                return !hasNumber && _scanner.Peek.Kind != DateTokenKind.Number;
            case DateTokenKind.Symbol when token.IsSign && (_times > 0 || (_zoneHour == 0 && _zoneMinute == 0)):
                hasNumber = true;
                return ReadOffset(token.IsSymbol('-') ? -1 : 1);
            case DateTokenKind.Symbol:
                return !hasNumber || !(token.IsSign || token.IsSymbol(')'));
            default:
                return true;
        }
    }

    private bool ReadNumber(int number)
    {
        if (_scanner.Skip(':'))
        {
            if (_scanner.Skip(':'))
                return _times == 0 && AddTime(number) && AddTime(0);
            if (!AddTime(number))
                return false;
            _scanner.Skip('.');
            return true;
        }

        if (_scanner.Skip('.') && ExpectsTime(number))
        {
            AddTime(number);
            return _scanner.Peek.Kind == DateTokenKind.Number && EndTime(Milliseconds(_scanner.Next()));
        }

        if (_zoneHour is not null && _zoneMinute is null && number < 60)
        {
            _zoneMinute = number;
            return true;
        }

        if (ExpectsTime(number))
        {
            EndTime(number);
            return _scanner.Peek is { Kind: DateTokenKind.End or DateTokenKind.Space } or { IsZ: true } or { IsSign: true };
        }

        if (_days == _day.Length)
            return false;
        _day[_days++] = number;
        _scanner.Skip('-');
        return true;
    }

    private bool ReadOffset(int sign)
    {
        var digits = _scanner.Peek.Kind == DateTokenKind.Number ? _scanner.Next() : default;
        _sign = sign;
        if (_scanner.Peek.IsSymbol(':'))
            (_zoneHour, _zoneMinute) = (digits.Value, null);
        else if (digits.Length is 1 or 2)
            (_zoneHour, _zoneMinute) = (digits.Value, 0);
        else if (digits.Length is 3 or 4)
            (_zoneHour, _zoneMinute) = (digits.Value / 100, digits.Value % 100);
        else
            return false;
        return true;
    }

    private void SetZone(int hours) => (_sign, _zoneHour, _zoneMinute) = (hours < 0 ? -1 : 1, Math.Abs(hours), 0);

    private readonly bool ExpectsTime(int number) => _times switch { 1 or 2 => number < 60, 3 => number < 1000, _ => false };

    private bool AddTime(int number)
    {
        if (_times == _time.Length)
            return false;
        _time[_times++] = number;
        return true;
    }

    private bool EndTime(int number)
    {
        bool fits = AddTime(number);
        _times = _time.Length;
        return fits;
    }

    private readonly bool TryWrite(out long milliseconds)
    {
        milliseconds = 0;
        if (!TryDate(out int year, out int month, out int day) || !TryTime(out long time))
            return false;
        long offset = _sign * ((_zoneHour ?? 0) * 60L + (_zoneMinute ?? 0)) * 60_000;
        milliseconds = (DaysBefore(year, month) + day - 1) * 86_400_000 + time - offset;
        return Math.Abs((double)milliseconds) <= MaxMilliseconds;
    }

    private readonly bool TryDate(out int year, out int month, out int day)
    {
        var (first, second, third) = (_day[0], _days > 1 ? _day[1] : 1, _days > 2 ? _day[2] : 1);
        bool startsWithDay = first is >= 1 and <= 31;
        (year, month, day) = _month is { } named
            ? _days == 1 ? (2001, named, first) : startsWithDay ? (second, named, first) : (first, named, second)
            : _isStandard || !startsWithDay ? (first, second, third) : (third, first, second);
        if (_month is not null && !startsWithDay && _days == 1)
            (year, day) = (first, 1);
        if (!_isStandard)
            year += year is >= 0 and <= 49 ? 2000 : year is >= 50 and <= 99 ? 1900 : 0;
        return _days > 0 && month is >= 1 and <= 12 && day is >= 1 and <= 31;
    }

    private readonly bool TryTime(out long time)
    {
        int hour = _time[0];
        bool isInRange = _halfDay is null || hour <= 12;
        if (_halfDay is { } offset)
            hour = (hour % 12) + offset;
        time = ((((hour * 60L) + _time[1]) * 60) + _time[2]) * 1000 + _time[3];
        return isInRange && _time[1] < 60 && _time[2] < 60 && _time[3] < 1000 && (hour < 24 || time == 86_400_000);
    }

    // Days from 1970 to the first of a month in the proleptic Gregorian calendar.
    private static long DaysBefore(int year, int month)
    {
        long shifted = month <= 2 ? year - 1 : year;
        long era = (shifted >= 0 ? shifted : shifted - 399) / 400;
        long yearOfEra = shifted - (era * 400);
        int dayOfYear = ((153 * (month + (month > 2 ? -3 : 9))) + 2) / 5;
        return (era * 146_097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
    }

    private static int Milliseconds(DateToken digits)
    {
        double value = (double)digits.Value;
        int length = Math.Min(digits.Length, 9);
        return (int)(value * Math.Pow(10, 3 - length));
    }
}
