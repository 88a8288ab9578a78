using FlowQuota.Sandbox.Running;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>The cache parses a script once, and stays within its bounds for any scripts.</summary>
public sealed class ScriptCacheTests
{
    private int _parsed;

    [Fact]
    public void A_remembered_script_is_not_parsed_again()
    {
        var cache = Cache(capacity: 10);

        Assert.Same(cache.Get("return 1"), cache.Get("return 1"));
        Assert.Equal(1, _parsed);
    }

    [Fact]
    public void The_least_recently_used_script_goes_first()
    {
        var cache = Cache(capacity: 3);
        foreach (string code in (string[])["a", "b", "c", "a", "d"])
            cache.Get(code);

        Assert.True(cache.Count <= 3);
        cache.Get("a");
        Assert.Equal(4, _parsed);
    }

    [Fact]
    public void Long_scripts_are_bounded_by_their_total_length()
    {
        var cache = Cache(capacity: 1000);
        for (int i = 0; i < 100; i++)
            cache.Get($"// {i}\n{new string(' ', 60_000)}");

        Assert.True(cache.Count <= 17, $"{cache.Count} scripts of 60,000 characters");
    }

    private ScriptCache Cache(int capacity) => new(capacity, code =>
    {
        _parsed++;
        return UserScript.Parse(code, TimeSpan.FromSeconds(1));
    });
}
