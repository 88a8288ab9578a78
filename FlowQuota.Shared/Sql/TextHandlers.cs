using System.Data;
using Dapper;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Sql;

/// <summary>Reads and writes the columns <c>period_rule</c>, <c>period_state</c> and <c>tags</c> as text.</summary>
internal static class TextHandlers
{
    /// <summary>Registers them with Dapper; harmless if repeated.</summary>
    public static void Register()
    {
        SqlMapper.AddTypeHandler(new TextHandler<PeriodRule>(rule => rule.ToText(), PeriodRule.Parse));
        SqlMapper.AddTypeHandler(new TextHandler<PeriodState>(state => state.ToText(), PeriodState.Parse));
        SqlMapper.AddTypeHandler(new TextHandler<TokenTags>(tags => tags.Text, TokenTags.Parse));
    }

    private sealed class TextHandler<T>(Func<T, string> write, Func<string, T?> read) : SqlMapper.TypeHandler<T>
        where T : class
    {
        public override void SetValue(IDbDataParameter parameter, T? value) =>
            parameter.Value = value is null ? DBNull.Value : write(value);

        public override T? Parse(object value) => read((string)value);
    }
}
