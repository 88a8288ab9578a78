using System.Text.Json.Serialization;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client.Administration;

/// <summary>A change of how much is left.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<QuotaOperation>))]
public enum QuotaOperation
{
    /// <summary>Adds an amount of 1 or more, to the total as well. For a quota that refills, it is bought and never lapses.</summary>
    Add,

    /// <summary>Leaves exactly an amount of 0 or more; what was consumed stays.</summary>
    Set,

    /// <summary>Begins anew with an amount of 0 or more, or with the present total if none is given.</summary>
    Reset,
}
