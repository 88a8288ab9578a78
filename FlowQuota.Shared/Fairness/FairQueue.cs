using System.Diagnostics.CodeAnalysis;

namespace FlowQuota.Fairness;

/// <summary>
/// A queue in which keys take turns: the next item is the oldest one of the key whose turn it is, so no key waits for more
/// than one item of each other key. Not thread-safe.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class FairQueue<T>
{
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly Queue<Line> _turns = new();

    /// <summary>How many items wait.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an item behind those of its key.</summary>
    public void Enqueue(string key, T item)
    {
        if (!_lines.TryGetValue(key, out var line))
        {
            _lines.Add(key, line = new Line(key));
            _turns.Enqueue(line);
        }

        line.Items.Enqueue(item);
        Count++;
    }

    /// <summary>Takes the next item.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out T item) => TryDequeue(static _ => true, out item);

    /// <summary>Takes the next item among the keys whose oldest item may be taken now.</summary>
    /// <param name="mayTake">Whether an item may be taken.</param>
    /// <param name="item">The item.</param>
    public bool TryDequeue(Func<T, bool> mayTake, [MaybeNullWhen(false)] out T item)
    {
        for (int keys = _turns.Count; keys > 0; keys--)
        {
            var line = _turns.Dequeue();
            if (line.Items.Count == 0)
                continue;
            if (mayTake(line.Items.Peek()))
            {
                item = line.Items.Dequeue();
                Count--;
                Requeue(line);
                return true;
            }

            _turns.Enqueue(line);
        }

        item = default;
        return false;
    }

    /// <summary>Removes an item out of turn; cheap if it is the oldest of its key.</summary>
    public void Remove(string key, T item)
    {
        if (!_lines.TryGetValue(key, out var line))
            return;
        var comparer = EqualityComparer<T>.Default;
        if (line.Items.TryPeek(out var oldest) && comparer.Equals(oldest, item))
        {
            line.Items.Dequeue();
            Count--;
        }
        else
        {
            Count -= Filter(line, other => comparer.Equals(other, item)).Count;
        }

        // The empty queue of a key is dropped when its turn comes.
        if (line.Items.Count == 0)
            _lines.Remove(key);
    }

    /// <summary>Removes items out of turn.</summary>
    /// <returns>The items that were removed.</returns>
    public List<T> RemoveAll(Predicate<T> match)
    {
        List<T> removed = [];
        for (int keys = _turns.Count; keys > 0; keys--)
        {
            var line = _turns.Dequeue();
            removed.AddRange(Filter(line, match));
            Requeue(line);
        }

        Count -= removed.Count;
        return removed;
    }

    private static List<T> Filter(Line line, Predicate<T> match)
    {
        List<T> removed = [];
        for (int items = line.Items.Count; items > 0; items--)
        {
            var item = line.Items.Dequeue();
            if (match(item))
                removed.Add(item);
            else
                line.Items.Enqueue(item);
        }

        return removed;
    }

    // The key's next turn comes after those of all other keys. A key without items has none.
    private void Requeue(Line line)
    {
        if (line.Items.Count > 0)
            _turns.Enqueue(line);
        else if (_lines.TryGetValue(line.Key, out var current) && current == line)
            _lines.Remove(line.Key);
    }

    private sealed class Line(string key)
    {
        public string Key => key;

        public Queue<T> Items { get; } = new();
    }
}
