using System.Text.RegularExpressions;
using Xunit;

namespace FlowQuota.Tests.WebConsole;

/// <summary>Protects the console's two languages: neither lacks a word, and none is left over.</summary>
public sealed partial class ConsoleWordsTests
{
    private static readonly Dictionary<string, string> English = Dictionary("words/en.js");
    private static readonly Dictionary<string, string> Chinese = Dictionary("words/zh.js");

    [Fact]
    public void Both_dictionaries_have_the_same_keys_in_the_same_order() => Assert.Equal(English.Keys, Chinese.Keys);

    [Fact]
    public void Each_word_is_filled_in_with_the_same_values_in_both() =>
        Assert.All(English, word => Assert.Equal(Names(word.Value), Names(Chinese[word.Key])));

    [Fact]
    public void Each_key_that_a_screen_uses_is_there_and_each_that_is_there_is_used()
    {
        string scripts = string.Join('\n', ConsoleSite.Scripts.Where(path => !path.StartsWith("words/", StringComparison.Ordinal)).Select(ConsoleSite.Read));
        var texts = Literal().Matches(scripts).Select(match => match.Groups[1].Value).ToHashSet();
        string[] beginnings = [.. Template().Matches(scripts).Select(match => match.Groups[1].Value)];

        Assert.All(Used().Matches(scripts).Select(match => match.Groups[1].Value), key => Assert.Contains(key, English.Keys));
        Assert.All(English.Keys, key => Assert.True(
            texts.Contains(key) || beginnings.Any(beginning => key.StartsWith(beginning, StringComparison.Ordinal)), $"{key} is not used."));
    }

    private static IEnumerable<string> Names(string text) => Placeholder().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal);

    private static Dictionary<string, string> Dictionary(string path) =>
        Entry().Matches(ConsoleSite.Read(path)).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    [GeneratedRegex(@"^  '([^']+)': '(.+)',$", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\bt\('([^']+)'")]
    private static partial Regex Used();

    [GeneratedRegex(@"'([A-Za-z.]+)'")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\bt\(`([a-z]+\.)\$\{")]
    private static partial Regex Template();
}
