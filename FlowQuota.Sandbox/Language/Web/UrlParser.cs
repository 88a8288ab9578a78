using System.Globalization;
using System.Text;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>
/// The URL Standard's basic parser: https://url.spec.whatwg.org/#concept-basic-url-parser. .NET's <see cref="Uri"/> follows
/// another standard.
/// </summary>
internal sealed class UrlParser
{
    private const int End = -1;
    private const int MaxPort = 65_535;

    private readonly string _input;
    private readonly UrlRecord? _base;
    private readonly UrlRecord _url;
    private readonly UrlState? _only;
    private readonly StringBuilder _buffer = new();
    private readonly StringBuilder _username = new();
    private readonly StringBuilder _password = new();
    private UrlState _state;
    private int _at;
    private bool _hasSeenAt;
    private bool _isInBrackets;
    private bool _hasSeenPassword;
    private bool _isDone;

    private UrlParser(string input, UrlRecord? relativeTo, UrlRecord url, UrlState? only)
    {
        (_input, _base, _url, _only) = (WithoutTabsAndLines(input), relativeTo, url, only);
        _state = only ?? UrlState.SchemeStart;
    }

    /// <summary>Parses a URL.</summary>
    /// <param name="input">The text, without unpaired surrogates.</param>
    /// <param name="relativeTo">The URL that it may be relative to.</param>
    /// <returns>Null if the text is not a URL.</returns>
    public static UrlRecord? Parse(string input, UrlRecord? relativeTo)
    {
        var url = new UrlRecord();
        int start = 0;
        int end = input.Length;
        while (start < end && input[start] <= ' ')
            start++;
        while (end > start && input[end - 1] <= ' ')
            end--;
        return new UrlParser(input[start..end], relativeTo, url, null).Run() ? url : null;
    }

    /// <summary>Replaces a part of a URL. If the text is invalid, the URL keeps the changes of the valid beginning.</summary>
    public static void Set(UrlRecord url, string input, UrlState part) => new UrlParser(input, null, url, part).Run();

    /// <summary>Whether a name of a path is a drive's letter and a colon.</summary>
    public static bool IsNormalizedDrive(string name) => name.Length == 2 && char.IsAsciiLetter(name[0]) && name[1] == ':';

    private int Current => _at < _input.Length ? _input[_at] : End;

    private static string WithoutTabsAndLines(string input) =>
        input.AsSpan().ContainsAny('\t', '\n', '\r') ? string.Concat(input.Where(static character => character is not ('\t' or '\n' or '\r'))) : input;

    private bool Run()
    {
        for (; ; _at++)
        {
            if (!Step())
                return false;
            if (_isDone || _at >= _input.Length)
                return true;
        }
    }

    private bool Step() => _state switch
    {
        UrlState.SchemeStart => SchemeStart(),
        UrlState.Scheme => Scheme(),
        UrlState.NoScheme => NoScheme(),
        UrlState.SpecialRelativeOrAuthority => SpecialRelativeOrAuthority(),
        UrlState.PathOrAuthority => Current == '/' ? Go(UrlState.Authority) : Again(UrlState.Path),
        UrlState.Relative => Relative(),
        UrlState.RelativeSlash => RelativeSlash(),
        UrlState.SpecialAuthoritySlashes => SpecialAuthoritySlashes(),
        UrlState.SpecialAuthorityIgnoreSlashes => Current is '/' or '\\' || Again(UrlState.Authority),
        UrlState.Authority => Authority(),
        UrlState.Host or UrlState.Hostname => Host(),
        UrlState.Port => Port(),
        UrlState.File => File(),
        UrlState.FileSlash => FileSlash(),
        UrlState.FileHost => FileHost(),
        UrlState.PathStart => PathStart(),
        UrlState.Path => Path(),
        UrlState.OpaquePath => OpaquePath(),
        UrlState.Query => Query(),
        UrlState.Fragment => Fragment(),
        _ => throw new InvalidOperationException($"{_state} is no state"),
    };

    private bool Go(UrlState state)
    {
        _state = state;
        return true;
    }

    // Reads the same character again, in another state.
    private bool Again(UrlState state)
    {
        _at--;
        return Go(state);
    }

    private bool Finish()
    {
        _isDone = true;
        return true;
    }

    private bool SchemeStart()
    {
        if (Current != End && char.IsAsciiLetter((char)Current))
        {
            _buffer.Append(char.ToLowerInvariant((char)Current));
            return Go(UrlState.Scheme);
        }

        return _only is null && Again(UrlState.NoScheme);
    }

    private bool Scheme()
    {
        if (Current != End && (char.IsAsciiLetterOrDigit((char)Current) || Current is '+' or '-' or '.'))
        {
            _buffer.Append(char.ToLowerInvariant((char)Current));
            return true;
        }

        if (Current == ':')
            return SchemeEnds();
        if (_only is not null)
            return false;
        _buffer.Clear();
        _at = -1;
        return Go(UrlState.NoScheme);
    }

    private bool SchemeEnds()
    {
        string scheme = _buffer.ToString();
        if (_only is not null)
        {
            if (_url.IsSpecial != UrlRecord.IsSpecialScheme(scheme)
                || ((_url.HasCredentials || _url.Port is not null) && scheme == "file")
                || (_url.Scheme == "file" && string.IsNullOrEmpty(_url.Host)))
            {
                return Finish();
            }

            _url.Scheme = scheme;
            if (_url.Port == UrlRecord.DefaultPortOf(scheme))
                _url.Port = null;
            return Finish();
        }

        _url.Scheme = scheme;
        _buffer.Clear();
        if (scheme == "file")
            return Go(UrlState.File);
        if (_url.IsSpecial)
            return Go(_base?.Scheme == scheme ? UrlState.SpecialRelativeOrAuthority : UrlState.SpecialAuthoritySlashes);
        if (Next('/'))
        {
            _at++;
            return Go(UrlState.PathOrAuthority);
        }

        _url.OpaquePath = string.Empty;
        return Go(UrlState.OpaquePath);
    }

    private bool Next(char character) => _at + 1 < _input.Length && _input[_at + 1] == character;

    private bool NoScheme()
    {
        if (_base is null || (_base.OpaquePath is not null && Current != '#'))
            return false;
        if (_base.OpaquePath is not null)
        {
            _url.Become(_base.Clone());
            _url.Fragment = string.Empty;
            return Go(UrlState.Fragment);
        }

        return Again(_base.Scheme == "file" ? UrlState.File : UrlState.Relative);
    }

    private bool SpecialRelativeOrAuthority()
    {
        if (Current != '/' || !Next('/'))
            return Again(UrlState.Relative);
        _at++;
        return Go(UrlState.SpecialAuthorityIgnoreSlashes);
    }

    private bool Relative()
    {
        _url.Scheme = _base!.Scheme;
        if (Current == '/' || (_url.IsSpecial && Current == '\\'))
            return Go(UrlState.RelativeSlash);
        _url.Become(_base.Clone());
        _url.Fragment = null;
        switch (Current)
        {
            case '?':
                _url.Query = string.Empty;
                return Go(UrlState.Query);
            case '#':
                _url.Fragment = string.Empty;
                return Go(UrlState.Fragment);
            case End:
                return true;
            default:
                _url.Query = null;
                _url.ShortenPath();
                return Again(UrlState.Path);
        }
    }

    private bool RelativeSlash()
    {
        if (_url.IsSpecial && (Current is '/' or '\\'))
            return Go(UrlState.SpecialAuthorityIgnoreSlashes);
        if (Current == '/')
            return Go(UrlState.Authority);
        (_url.Username, _url.Password, _url.Host, _url.Port) = (_base!.Username, _base.Password, _base.Host, _base.Port);
        return Again(UrlState.Path);
    }

    private bool SpecialAuthoritySlashes()
    {
        if (Current != '/' || !Next('/'))
            return Again(UrlState.SpecialAuthorityIgnoreSlashes);
        _at++;
        return Go(UrlState.SpecialAuthorityIgnoreSlashes);
    }

    private bool EndsAuthority => Current is End or '/' or '?' or '#' || (_url.IsSpecial && Current == '\\');

    private bool Authority()
    {
        if (Current == '@')
        {
            // An earlier @ was a part of the credentials.
            if (_hasSeenAt)
                (_hasSeenPassword ? _password : _username).Append("%40");
            _hasSeenAt = true;
            foreach (var character in _buffer.ToString().EnumerateRunes())
            {
                if (character.Value == ':' && !_hasSeenPassword)
                    _hasSeenPassword = true;
                else
                    PercentEncoding.Append(_hasSeenPassword ? _password : _username, character, PercentEncoding.IsInUserInfoSet);
            }

            _buffer.Clear();
            return true;
        }

        if (!EndsAuthority)
        {
            _buffer.Append((char)Current);
            return true;
        }

        if (_hasSeenAt && _buffer.Length == 0)
            return false;
        (_url.Username, _url.Password) = (_username.ToString(), _password.ToString());
        _at -= _buffer.Length + 1;
        _buffer.Clear();
        return Go(UrlState.Host);
    }

    private bool Host()
    {
        if (_only is not null && _url.Scheme == "file")
            return Again(UrlState.FileHost);
        if (Current == ':' && !_isInBrackets)
            return _buffer.Length > 0 && _only != UrlState.Hostname && TakeHost() && Go(UrlState.Port);
        if (EndsAuthority)
        {
            _at--;
            if (_url.IsSpecial && _buffer.Length == 0)
                return false;
            if (_only is not null && _buffer.Length == 0 && (_url.HasCredentials || _url.Port is not null))
                return false;
            if (!TakeHost())
                return false;
            return _only is null ? Go(UrlState.PathStart) : Finish();
        }

        if (Current == '[')
            _isInBrackets = true;
        else if (Current == ']')
            _isInBrackets = false;
        _buffer.Append((char)Current);
        return true;
    }

    private bool TakeHost()
    {
        if (_buffer.Length == 0 && !_url.IsSpecial)
            _url.Host = string.Empty;
        else if (UrlHost.Parse(_buffer.ToString(), !_url.IsSpecial) is { } host)
            _url.Host = host;
        else
            return false;
        _buffer.Clear();
        return true;
    }

    private bool Port()
    {
        if (Current != End && char.IsAsciiDigit((char)Current))
        {
            _buffer.Append((char)Current);
            return true;
        }

        if (!EndsAuthority && _only is null)
            return false;
        if (_buffer.Length > 0)
        {
            string digits = _buffer.ToString().TrimStart('0');
            int port = digits.Length == 0 ? 0 : digits.Length > 5 ? int.MaxValue : int.Parse(digits, CultureInfo.InvariantCulture);
            if (port > MaxPort)
                return false;
            _url.Port = port == UrlRecord.DefaultPortOf(_url.Scheme) ? null : port;
            _buffer.Clear();
            if (_only is not null)
                return Finish();
        }

        return _only is null && Again(UrlState.PathStart);
    }

    private bool File()
    {
        _url.Scheme = "file";
        _url.Host = string.Empty;
        if (Current is '/' or '\\')
            return Go(UrlState.FileSlash);
        if (_base?.Scheme != "file")
            return Again(UrlState.Path);
        (_url.Host, _url.Path, _url.Query) = (_base.Host, [.. _base.Path], _base.Query);
        switch (Current)
        {
            case '?':
                _url.Query = string.Empty;
                return Go(UrlState.Query);
            case '#':
                _url.Fragment = string.Empty;
                return Go(UrlState.Fragment);
            case End:
                return true;
            default:
                _url.Query = null;
                if (StartsWithDrive(_at))
                    _url.Path = [];
                else
                    _url.ShortenPath();
                return Again(UrlState.Path);
        }
    }

    private bool StartsWithDrive(int at) =>
        at + 1 < _input.Length && IsDrive(_input.AsSpan(at, 2)) && (at + 2 == _input.Length || _input[at + 2] is '/' or '\\' or '?' or '#');

    private bool FileSlash()
    {
        if (Current is '/' or '\\')
            return Go(UrlState.FileHost);
        if (_base?.Scheme == "file")
        {
            _url.Host = _base.Host;
            if (!StartsWithDrive(_at) && _base.Path.Count > 0 && IsNormalizedDrive(_base.Path[0]))
                _url.Path.Add(_base.Path[0]);
        }

        return Again(UrlState.Path);
    }

    private bool FileHost()
    {
        if (Current is not (End or '/' or '\\' or '?' or '#'))
        {
            _buffer.Append((char)Current);
            return true;
        }

        _at--;
        // The start of a path, not a host.
        if (_only is null && _buffer.Length == 2 && IsDrive(_buffer.ToString()))
            return Go(UrlState.Path);
        if (_buffer.Length == 0)
        {
            _url.Host = string.Empty;
            return _only is null ? Go(UrlState.PathStart) : Finish();
        }

        if (UrlHost.Parse(_buffer.ToString(), !_url.IsSpecial) is not { } host)
            return false;
        _url.Host = host == "localhost" ? string.Empty : host;
        _buffer.Clear();
        return _only is null ? Go(UrlState.PathStart) : Finish();
    }

    private static bool IsDrive(ReadOnlySpan<char> name) => name is [var letter, ':' or '|'] && char.IsAsciiLetter(letter);

    private bool PathStart()
    {
        if (_url.IsSpecial)
            return Current is '/' or '\\' ? Go(UrlState.Path) : Again(UrlState.Path);
        if (_only is null && Current == '?')
        {
            _url.Query = string.Empty;
            return Go(UrlState.Query);
        }

        if (_only is null && Current == '#')
        {
            _url.Fragment = string.Empty;
            return Go(UrlState.Fragment);
        }

        if (Current != End)
            return Current == '/' ? Go(UrlState.Path) : Again(UrlState.Path);
        if (_only is not null && _url.Host is null)
            _url.Path.Add(string.Empty);
        return true;
    }

    private bool Path()
    {
        bool isSlash = Current == '/' || (_url.IsSpecial && Current == '\\');
        if (!isSlash && Current != End && (_only is not null || Current is not ('?' or '#')))
        {
            AppendEncoded(_buffer, PercentEncoding.IsInPathSet);
            return true;
        }

        TakePathName(isSlash);
        _buffer.Clear();
        if (Current == '?')
        {
            _url.Query = string.Empty;
            return Go(UrlState.Query);
        }

        if (Current != '#')
            return true;
        _url.Fragment = string.Empty;
        return Go(UrlState.Fragment);
    }

    private void TakePathName(bool isSlash)
    {
        string name = _buffer.ToString();
        string dots = name.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);
        if (dots == "..")
        {
            _url.ShortenPath();
            if (!isSlash)
                _url.Path.Add(string.Empty);
        }
        else if (dots == ".")
        {
            if (!isSlash)
                _url.Path.Add(string.Empty);
        }
        else
        {
            if (_url.Scheme == "file" && _url.Path.Count == 0 && IsDrive(name))
                name = $"{name[0]}:";
            _url.Path.Add(name);
        }
    }

    // A surrogate pair is read as one character.
    private void AppendEncoded(StringBuilder target, Func<int, bool> isInSet)
    {
        var character = Rune.GetRuneAt(_input, _at);
        PercentEncoding.Append(target, character, isInSet);
        _at += character.Utf16SequenceLength - 1;
    }

    private bool OpaquePath()
    {
        if (Current is not ('?' or '#' or End))
        {
            AppendEncoded(_buffer, PercentEncoding.IsControl);
            return true;
        }

        _url.OpaquePath = _buffer.ToString();
        _buffer.Clear();
        if (Current == '?')
        {
            _url.Query = string.Empty;
            return Go(UrlState.Query);
        }

        if (Current == End)
            return true;
        _url.Fragment = string.Empty;
        return Go(UrlState.Fragment);
    }

    private bool Query()
    {
        if (Current != End && (_only is not null || Current != '#'))
        {
            AppendEncoded(_buffer, _url.IsSpecial ? PercentEncoding.IsInSpecialQuerySet : PercentEncoding.IsInQuerySet);
            return true;
        }

        _url.Query += _buffer.ToString();
        _buffer.Clear();
        if (Current == End)
            return true;
        _url.Fragment = string.Empty;
        return Go(UrlState.Fragment);
    }

    private bool Fragment()
    {
        if (Current != End)
        {
            AppendEncoded(_buffer, PercentEncoding.IsInFragmentSet);
            return true;
        }

        _url.Fragment += _buffer.ToString();
        return true;
    }
}
