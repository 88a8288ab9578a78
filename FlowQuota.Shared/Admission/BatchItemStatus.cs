namespace FlowQuota.Admission;

/// <summary>What became of one call of a batch.</summary>
public enum BatchItemStatus
{
    /// <summary>Its units are taken.</summary>
    Consumed,

    /// <summary>It was charged before under its key; nothing is taken.</summary>
    Repeated,

    /// <summary>Fewer units are left than it costs.</summary>
    Exhausted,

    /// <summary>An earlier call under its key asked for something else.</summary>
    Mismatch,

    /// <summary>Nothing is taken, because another item of an atomic batch is refused.</summary>
    NotTaken,
}
