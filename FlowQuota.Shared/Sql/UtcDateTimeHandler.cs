using System.Data;
using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace FlowQuota.Sql;

/// <summary>Reads and writes times as UTC, to the millisecond; SQLite gets them as text that sorts.</summary>
internal sealed class UtcDateTimeHandler : SqlMapper.TypeHandler<DateTime>
{
    /// <summary>The one instance; it has no state.</summary>
    public static readonly UtcDateTimeHandler Instance = new();

    private const string TextFormat = "yyyy-MM-dd HH:mm:ss.fff";

    private static readonly Lazy<bool> Registered = new(() =>
    {
        // Dapper's own mapping of DateTime parameters would take precedence over any handler.
        SqlMapper.RemoveTypeMap(typeof(DateTime));
        SqlMapper.RemoveTypeMap(typeof(DateTime?));
        SqlMapper.AddTypeHandler(Instance);
        return true;
    });

    /// <summary>Registers it with Dapper; once per process.</summary>
    public static void Register() => _ = Registered.Value;

    /// <summary>Cuts digits that the columns cannot hold. MySQL would round, which would change the time.</summary>
    public static DateTime ToMilliseconds(DateTime time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond), time.Kind);

    /// <summary>A time as text: SQLite's column, and JSON for either server.</summary>
    public static string ToText(DateTime time) => time.ToString(TextFormat, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override void SetValue(IDbDataParameter parameter, DateTime value)
    {
        if (parameter is SqliteParameter)
            parameter.Value = ToText(value);
        else
            parameter.Value = ToMilliseconds(value);
    }

    /// <inheritdoc/>
    public override DateTime Parse(object value) => value switch
    {
        DateTime time => DateTime.SpecifyKind(time, DateTimeKind.Utc),
        string text => DateTime.ParseExact(
            text, TextFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
        _ => throw new DataException($"A time column holds a {value.GetType().Name}."),
    };
}
