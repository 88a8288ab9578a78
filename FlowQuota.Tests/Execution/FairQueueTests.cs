using FlowQuota.Fairness;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Keys take turns, items of a key keep their order, and nothing is lost, whatever is done in between.</summary>
public sealed class FairQueueTests
{
    [Fact]
    public void Keys_take_turns()
    {
        var queue = new FairQueue<string>();
        foreach (string item in (string[])["a1", "a2", "a3", "b1", "b2", "c1"])
            queue.Enqueue(item[..1], item);

        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], TakeAll(queue));
    }

    [Fact]
    public void A_key_whose_item_may_not_be_taken_lets_the_others_pass()
    {
        var queue = new FairQueue<string>();
        foreach (string item in (string[])["a1", "b1", "a2", "b2"])
            queue.Enqueue(item[..1], item);

        Assert.True(queue.TryDequeue(item => item[0] == 'b', out string? taken));
        Assert.Equal("b1", taken);
        Assert.False(queue.TryDequeue(item => item[0] == 'c', out _));
        Assert.Equal(3, queue.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_is_done_nothing_is_lost_and_each_keys_order_is_kept(int seed)
    {
        var random = new Random(seed);
        var queue = new FairQueue<(string Key, int Number)>();
        var expected = new Dictionary<string, List<int>>();
        for (int i = 0; i < 5000; i++)
        {
            string key = $"k{random.Next(5)}";
            var items = expected.TryGetValue(key, out var known) ? known : expected[key] = [];
            switch (random.Next(5))
            {
                case < 3:
                    queue.Enqueue(key, (key, i));
                    items.Add(i);
                    break;
                case 3 when queue.TryDequeue(out var taken):
                    Assert.Equal(expected[taken.Key][0], taken.Number);
                    expected[taken.Key].RemoveAt(0);
                    break;
                case 4 when items.Count > 0:
                    int removed = items[random.Next(items.Count)];
                    queue.Remove(key, (key, removed));
                    items.Remove(removed);
                    break;
            }

            Assert.Equal(expected.Values.Sum(list => list.Count), queue.Count);
        }

        foreach (var (key, number) in TakeAll(queue))
        {
            Assert.Equal(expected[key][0], number);
            expected[key].RemoveAt(0);
        }

        Assert.All(expected.Values, Assert.Empty);
    }

    private static List<T> TakeAll<T>(FairQueue<T> queue)
    {
        List<T> taken = [];
        while (queue.TryDequeue(out var item))
            taken.Add(item);
        return taken;
    }
}
