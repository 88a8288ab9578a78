using System.Collections.Concurrent;
using Acornima.Ast;
using Jint;

namespace FlowQuota.Sandbox.Running;

/// <summary>
/// Parsed scripts by their source; the least recently used go first. Engines only read a prepared script, so one serves
/// any number of runs at once. Thread-safe.
/// </summary>
internal sealed class ScriptCache(int capacity, Func<string, Prepared<Script>> parse)
{
    // A tree takes some fifty bytes a character, and each worker has a cache of its own.
    private const int MaxTotalLength = 256 * 1024;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _eviction = new();
    private long _clock;
    private long _totalLength;

    /// <summary>How many scripts are remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>The parsed script, parsed now where it is not remembered.</summary>
    /// <exception cref="ScriptSyntaxException">It cannot be parsed; that is not remembered.</exception>
    public Prepared<Script> Get(string code)
    {
        if (_entries.TryGetValue(code, out var known))
        {
            known.LastUsed = Interlocked.Increment(ref _clock);
            return known.Script;
        }

        var entry = new Entry(parse(code)) { LastUsed = Interlocked.Increment(ref _clock) };
        if (_entries.TryAdd(code, entry))
        {
            Interlocked.Add(ref _totalLength, code.Length);
            Evict();
        }

        return entry.Script;
    }

    private bool IsOverfull => _entries.Count > capacity || Interlocked.Read(ref _totalLength) > MaxTotalLength;

    private void Evict()
    {
        if (!IsOverfull)
            return;

        lock (_eviction)
        {
            // An eighth more than needed, so that a stream of new scripts does not sort the cache for each of them.
            foreach (var (code, _) in _entries.ToArray().OrderBy(pair => pair.Value.LastUsed).Take(1 + (capacity / 8)))
            {
                if (_entries.TryRemove(code, out _))
                    Interlocked.Add(ref _totalLength, -code.Length);
            }

            while (IsOverfull && _entries.ToArray().MinBy(pair => pair.Value.LastUsed).Key is { } oldest)
            {
                if (_entries.TryRemove(oldest, out _))
                    Interlocked.Add(ref _totalLength, -oldest.Length);
            }
        }
    }

    private sealed class Entry(Prepared<Script> script)
    {
        private long _lastUsed;

        public Prepared<Script> Script { get; } = script;

        public long LastUsed
        {
            get => Volatile.Read(ref _lastUsed);
            set => Volatile.Write(ref _lastUsed, value);
        }
    }
}
