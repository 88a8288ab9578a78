using System.Collections;
using System.Runtime.CompilerServices;

namespace FlowQuota.Functions.Requests;

/// <summary>The fields that an object or a query may have.</summary>
/// <param name="fields">The fields, in the order of messages and documents.</param>
[CollectionBuilder(typeof(FieldSet), nameof(Create))]
internal sealed class FieldSet(Field[] fields) : IEnumerable<Field>
{
    /// <summary>Their names.</summary>
    public string[] Names { get; } = [.. fields.Select(field => field.Name)];

    /// <summary>Makes a set.</summary>
    public static FieldSet Create(ReadOnlySpan<Field> fields) => new(fields.ToArray());

    /// <inheritdoc/>
    public IEnumerator<Field> GetEnumerator() => fields.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
