namespace FlowQuota.Ledger;

/// <summary>
/// The newest positions of ledgers in the audit log, as one writer knows them. Good for as long as nobody else writes what this
/// writer does not know of, so a drain keeps it as long as its lease. Not thread-safe.
/// </summary>
public sealed class NewestPositions
{
    // Some 10 MB. Above it all are forgotten, and read from SQL again.
    private const int Most = 100_000;

    private readonly Dictionary<(string TokenId, int Epoch), long> _seqs = [];

    /// <summary>Whether the newest change of a ledger is known.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="epoch">The epoch.</param>
    internal bool Knows(string tokenId, int epoch) => _seqs.ContainsKey((tokenId, epoch));

    /// <summary>Whether a change is newer than all stored ones of its token and epoch. False if they are not known.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="position">The change.</param>
    internal bool IsNewer(string tokenId, LedgerPosition position) =>
        _seqs.TryGetValue((tokenId, position.Epoch), out long seq) && position.Seq > seq;

    /// <summary>Remembers a stored change, or one that is about to be stored.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="position">The change; seq 0 = none is stored.</param>
    internal void Add(string tokenId, LedgerPosition position) =>
        _seqs[(tokenId, position.Epoch)] = Math.Max(_seqs.GetValueOrDefault((tokenId, position.Epoch)), position.Seq);

    /// <summary>Makes room if there are too many. Call it before each write, because that adds some.</summary>
    internal void Trim()
    {
        if (_seqs.Count >= Most)
            _seqs.Clear();
    }
}
