using System.Globalization;

namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>
/// The patterns, in .NET's letters, of one culture's dates and times. .NET has them from the same source as Node.js, but
/// neither the words between a date and a time, nor each combination of fields.
/// </summary>
internal sealed class DatePatterns
{
    private const string Year = "yyyy";
    private const string HourLetters = "hHkK";

    private static readonly Dictionary<string, DatePatterns> Known = new(StringComparer.Ordinal);

    // Between a date in words and a time. Other languages use the separator of a date in figures.
    private static readonly Dictionary<string, string> Joints = new(StringComparer.Ordinal)
    {
        ["da"] = " kl. ",
        ["de"] = " um ",
        ["el"] = " στις ",
        ["en"] = " at ",
        ["fr"] = " à ",
        ["he"] = " בשעה ",
        ["id"] = " pukul ",
        ["it"] = " alle ore ",
        ["nb"] = " kl. ",
        ["nl"] = " om ",
        ["pl"] = " ",
        ["pt"] = " às ",
        ["ro"] = " la ",
        ["ru"] = " в ",
        ["sv"] = " kl. ",
        ["uk"] = " о ",
    };

    // After an hour that stands alone.
    private static readonly Dictionary<string, string> HourWords = new(StringComparer.Ordinal) { ["de"] = "' Uhr'", ["fr"] = "' h'", ["ja"] = "時", ["zh"] = "时" };

    // These have no comma between a date in figures and a time.
    private static readonly HashSet<string> WithoutComma = new(StringComparer.Ordinal) { "fi", "fr", "hu", "ja", "ko", "sv", "tr", "vi", "zh" };

    // These write a day and a month in figures with a full stop at the end.
    private static readonly HashSet<string> WithFullStop = new(StringComparer.Ordinal) { "cs", "de", "fi", "nb" };

    private readonly DateTimeFormatInfo _format;
    private readonly string _language;
    private readonly string _figures;
    private readonly string _short;
    private readonly string _medium;
    private readonly string _long;
    private readonly string _full;

    private DatePatterns(CultureInfo culture)
    {
        _format = culture.DateTimeFormat;
        _language = culture.TwoLetterISOLanguageName;
        string[] dates = _format.GetAllDateTimePatterns('d');
        string[] withYear = dates.Where(static pattern => pattern.Contains(Year, StringComparison.Ordinal)).ToArray();
        string[] figures = withYear.Where(static pattern => !IsInWords(pattern)).ToArray();
        // The last one is the language's own way with single fields, the first one its short style.
        _figures = _language == "it" ? figures[0] : figures[^1];
        _short = dates.Except(withYear).FirstOrDefault() ?? _format.ShortDatePattern;
        _medium = withYear.FirstOrDefault(IsInWords) ?? withYear[0];
        string[] inWords = _format.GetAllDateTimePatterns('D');
        (_full, _long) = (inWords[0], inWords.ElementAtOrDefault(1) ?? inWords[0]);
    }

    /// <summary>The patterns of a culture; null if .NET has none.</summary>
    public static DatePatterns? Of(CultureInfo culture)
    {
        if (!Known.TryGetValue(culture.Name, out var patterns) && culture.DateTimeFormat.Calendar is GregorianCalendar)
            Known.Add(culture.Name, patterns = new DatePatterns(culture));
        return patterns;
    }

    /// <summary>The pattern that shows these fields; null if there is none.</summary>
    public string? For(DateFields fields)
    {
        string? date = fields.DateStyle is null ? Date(fields) : Styled(fields.DateStyle);
        string? time = Time(fields);
        if ((fields.HasDate && date is null) || (fields.HasTime && time is null))
            return null;
        return !fields.HasTime ? date : !fields.HasDate ? time : $"{date}'{Joint(fields)}'{time}";
    }

    private string Joint(DateFields fields)
    {
        if ((fields.DateStyle is "full" or "long" || fields.Month == "long") && Joints.TryGetValue(_language, out string? joint))
            return joint;
        bool isFrenchInWords = _language == "fr" && (fields.DateStyle == "medium" || fields.Month == "short");
        return WithoutComma.Contains(_language) && !isFrenchInWords ? " " : ", ";
    }

    private string? Styled(string style) => style switch
    {
        "full" => _full,
        "long" => _long,
        "medium" => _medium,
        "short" => _short,
        _ => null,
    };

    private string? Date(DateFields fields)
    {
        string? pattern = (fields.Weekday, fields.Year, fields.Month, fields.Day) switch
        {
            (null, not null, "numeric" or "2-digit", not null) => _figures,
            (not null, not null, "numeric" or "2-digit", not null) => WithWeekday(_figures),
            (null, null, "numeric" or "2-digit", not null) => WithoutYear(_figures),
            (null, not null, "numeric" or "2-digit", null) => WithoutDay(_figures),
            (null, not null, "long", not null) => _long,
            (not null, not null, "long", not null) => _full,
            (null, not null, "short", not null) => _medium.Contains("MMM", StringComparison.Ordinal) ? _medium : ShortMonth(_long),
            (not null, not null, "short", not null) => ShortMonth(_full),
            (null, null, "long", not null) => _format.MonthDayPattern,
            (null, null, "short", not null) => ShortMonth(_format.MonthDayPattern),
            (null, not null, "long", null) => _format.YearMonthPattern,
            (null, not null, "short", null) => ShortMonth(_format.YearMonthPattern),
            _ => null,
        };
        if (pattern is null || fields.Weekday == "narrow")
            return null;
        if (fields.Weekday == "short")
            pattern = ShortWeekday(pattern);
        if (fields.Month == "2-digit")
            pattern = Padded(pattern, 'M');
        if (fields.Day == "2-digit")
            pattern = Padded(pattern, 'd');
        return fields.Year == "2-digit" ? pattern.Replace(Year, "yy", StringComparison.Ordinal) : pattern;
    }

    private string? Time(DateFields fields)
    {
        if (fields.TimeStyle is "short" or "medium")
            return InHours(fields.TimeStyle == "short" ? _format.ShortTimePattern : _format.LongTimePattern, fields.Hours);
        if (fields is { TimeStyle: null, Hour: not null, Minute: null, Second: null })
            return Hour(fields);
        if (fields.TimeStyle is not null || fields.Hour is null || fields.Minute is null)
            return null;
        string pattern = InHours(fields.Second is null ? _format.ShortTimePattern : _format.LongTimePattern, fields.Hours);
        if (fields is { Hour: "numeric", Minute: "2-digit", Second: null })
            pattern = pattern.Replace("HH", "H", StringComparison.Ordinal);
        return fields.Hour == "2-digit" ? HourLetters.Aggregate(pattern, Padded) : pattern;
    }

    private string Hour(DateFields fields)
    {
        string time = InHours(_format.ShortTimePattern, fields.Hours);
        string hour = new string(time.Where(letter => HourLetters.Contains(letter, StringComparison.Ordinal)).ToArray());
        if (fields.Hour == "2-digit")
            hour = HourLetters.Aggregate(hour, Padded);
        return time.Contains("tt", StringComparison.Ordinal) ? WithDayPeriod(hour) : hour + HourWords.GetValueOrDefault(_language, string.Empty);
    }

    // A culture has its patterns for twelve hours or for twenty-four; the code may want the others. Asked for "twelve", a
    // language with twenty-four counts them from 0 to 11, and the other way round from 1 to 24.
    private string InHours(string pattern, string? hours)
    {
        if (hours is null)
            return pattern;
        bool hasTwelve = pattern.Contains('h', StringComparison.Ordinal);
        char letter = hours switch
        {
            "12" => hasTwelve ? 'h' : 'K',
            "24" => hasTwelve ? 'k' : 'H',
            "h11" => 'K',
            "h12" => 'h',
            "h24" => 'k',
            _ => 'H',
        };
        if (letter is 'h' or 'K')
            return hasTwelve ? pattern.Replace('h', letter) : WithDayPeriod(pattern.Replace("HH", "H", StringComparison.Ordinal).Replace('H', letter));
        return hasTwelve
            ? pattern.Replace("tt", string.Empty, StringComparison.Ordinal).Trim(' ', '\u202f', '\u00a0').Replace("hh", "h", StringComparison.Ordinal).Replace("h", $"{letter}{letter}", StringComparison.Ordinal)
            : pattern.Replace('H', letter);
    }

    private string WithDayPeriod(string time) => _language switch
    {
        "zh" or "ja" => $"tt{time}",
        "hu" or "ko" => $"tt {time}",
        _ => $"{time} tt",
    };

    private string WithoutYear(string pattern)
    {
        int year = pattern.IndexOf(Year, StringComparison.Ordinal);
        if (year == 0)
            return pattern[Year.Length..].TrimStart('/', '-', '.', ' ');
        string rest = pattern[..year].TrimEnd();
        return rest.EndsWith('.') && WithFullStop.Contains(_language) ? rest : rest.TrimEnd('/', '-', '.', ' ', '\u200f');
    }

    private string WithoutDay(string pattern)
    {
        string bare = pattern.Replace("d", string.Empty, StringComparison.Ordinal);
        var (from, to) = (bare.IndexOfAny(['M', 'y']), bare.LastIndexOfAny(['M', 'y']));
        bare = bare[from..(to + 1)].Replace("//", "/", StringComparison.Ordinal);
        return _language == "de" ? bare.Replace('.', '/') : bare;
    }

    // The weekday's place and separator are those of the date in words.
    private string WithWeekday(string figures)
    {
        int weekday = _full.IndexOf("dddd", StringComparison.Ordinal);
        if (weekday > 0)
            return $"{figures}''{_full[_full.LastIndexOf('日')..].TrimStart('日')}";
        int next = _full.IndexOfAny(['d', 'M', 'y', '\''], "dddd".Length);
        return _full[..next] + figures;
    }

    private string ShortWeekday(string pattern) => _language switch
    {
        "de" => pattern.Replace("dddd", "ddd'.'", StringComparison.Ordinal),
        "ja" => pattern.Replace("dddd", "'('ddd')'", StringComparison.Ordinal),
        _ => pattern.Replace("dddd", "ddd", StringComparison.Ordinal),
    };

    private static string ShortMonth(string pattern) => pattern.Replace("MMMM", "MMM", StringComparison.Ordinal);

    private static string Padded(string pattern, char field) =>
        pattern.Contains($"{field}{field}", StringComparison.Ordinal) ? pattern : pattern.Replace($"{field}", $"{field}{field}", StringComparison.Ordinal);

    private static bool IsInWords(string pattern) => pattern.Contains("MMM", StringComparison.Ordinal) || pattern.Contains('年', StringComparison.Ordinal);
}
