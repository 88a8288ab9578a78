using System.Data.Common;
using Dapper;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Sql;

/// <summary>
/// Reads the tokens of a list. A rule or a period that was damaged by hand is shown as none, because one token must not hide all others.
/// </summary>
internal static class ListedTokens
{
    /// <summary>Runs a statement whose columns are those of <c>search_tokens.sql</c>.</summary>
    public static Task<IReadOnlyList<AccessToken>> QueryAsync(DbTransaction transaction, string statement, object values, CancellationToken cancellationToken) =>
        QueryAsync(transaction.Connection!, new CommandDefinition(statement, values, transaction, cancellationToken: cancellationToken));

    /// <summary>Runs a statement whose columns are those of <c>search_tokens.sql</c>.</summary>
    public static async Task<IReadOnlyList<AccessToken>> QueryAsync(DbConnection connection, CommandDefinition command) =>
        (await connection.QueryAsync<AccessToken, PeriodTexts, AccessToken>(
            command,
            (token, texts) => token with { Period = PeriodRule.TryParse(texts?.RuleText), PeriodState = PeriodState.TryParse(texts?.StateText) },
            splitOn: nameof(PeriodTexts.RuleText))).AsList();

    private sealed class PeriodTexts
    {
        public string? RuleText { get; init; }

        public string? StateText { get; init; }
    }
}
