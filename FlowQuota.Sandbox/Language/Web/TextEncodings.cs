using System.Text;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The encodings that text can be decoded from, and the labels by which they are known.</summary>
internal static class TextEncodings
{
    // name, .NET's name, then its other labels
    private static readonly string[][] Known =
    [
        ["utf-8", "utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
        ["utf-16le", "utf-16", "utf-16", "ucs-2", "csunicode", "iso-10646-ucs-2", "unicode", "unicodefeff"],
        ["utf-16be", "utf-16BE", "unicodefffe"],
        ["windows-1252", "windows-1252", "latin1", "l1", "ascii", "us-ascii", "ansi_x3.4-1968", "iso-8859-1", "iso8859-1", "iso88591", "iso_8859-1",
            "iso_8859-1:1987", "iso-ir-100", "csisolatin1", "cp1252", "cp819", "ibm819", "x-cp1252"],
        ["windows-1250", "windows-1250", "cp1250", "x-cp1250"],
        ["windows-1251", "windows-1251", "cp1251", "x-cp1251"],
        ["windows-1253", "windows-1253", "cp1253", "x-cp1253"],
        ["windows-1254", "windows-1254", "cp1254", "x-cp1254", "latin5", "l5", "iso-8859-9", "iso8859-9", "iso_8859-9"],
        ["windows-1255", "windows-1255", "cp1255", "x-cp1255"],
        ["windows-1256", "windows-1256", "cp1256", "x-cp1256"],
        ["windows-1257", "windows-1257", "cp1257", "x-cp1257"],
        ["windows-1258", "windows-1258", "cp1258", "x-cp1258"],
        ["iso-8859-2", "iso-8859-2", "latin2", "l2", "iso8859-2", "iso_8859-2"],
        ["iso-8859-5", "iso-8859-5", "cyrillic", "iso8859-5", "iso_8859-5"],
        ["iso-8859-7", "iso-8859-7", "greek", "greek8", "iso8859-7", "iso_8859-7"],
        ["iso-8859-15", "iso-8859-15", "l9", "iso8859-15", "iso_8859-15"],
        ["koi8-r", "koi8-r", "koi", "koi8", "koi8_r", "cskoi8r"],
        ["koi8-u", "koi8-u", "koi8-ru"],
        ["gbk", "gb18030", "gb2312", "chinese", "gb_2312", "gb_2312-80", "csgb2312", "iso-ir-58", "x-gbk"],
        ["gb18030", "gb18030"],
        ["big5", "big5", "big5-hkscs", "cn-big5", "csbig5", "x-x-big5"],
        ["shift_jis", "shift_jis", "shift-jis", "sjis", "ms932", "ms_kanji", "windows-31j", "x-sjis", "csshiftjis"],
        ["euc-jp", "euc-jp", "x-euc-jp", "cseucpkdfmtjapanese"],
        ["euc-kr", "ks_c_5601-1987", "ks_c_5601-1987", "korean", "ksc5601", "ksc_5601", "windows-949", "cseuckr"],
    ];

    private static readonly Lazy<Dictionary<string, string[]>> ByLabel = new(static () =>
        Known.SelectMany(static known => known.Where((_, index) => index != 1).Select(label => (label, known)))
            .ToDictionary(static pair => pair.label, static pair => pair.known, StringComparer.OrdinalIgnoreCase));

    /// <summary>The name of the encoding that has a label; null if none has.</summary>
    public static string? NameOf(string label) =>
        ByLabel.Value.TryGetValue(label.Trim('\t', '\n', '\f', '\r', ' '), out string[]? known) ? known[0] : null;

    /// <summary>A decoder for a new text.</summary>
    /// <param name="name">The result of <see cref="NameOf"/>.</param>
    /// <param name="isFatal">Whether it throws <see cref="DecoderFallbackException"/> at invalid bytes; else it decodes them as U+FFFD.</param>
    public static Decoder DecoderOf(string name, bool isFatal)
    {
        var provider = CodePagesEncodingProvider.Instance;
        DecoderFallback fallback = isFatal ? new DecoderExceptionFallback() : new DecoderReplacementFallback("\uFFFD");
        string encoding = ByLabel.Value[name][1];
        return (provider.GetEncoding(encoding, EncoderFallback.ReplacementFallback, fallback)
            ?? Encoding.GetEncoding(encoding, EncoderFallback.ReplacementFallback, fallback)).GetDecoder();
    }
}
