using System.Data.Common;
using System.Globalization;
using System.Text;
using Dapper;
using FlowQuota.Tokens;

namespace FlowQuota.Sql;

/// <summary>
/// Reads one page of a <see cref="TokenScan"/>. Whatever the conditions, it looks at a bounded number of rows (docs/decisions/0021):
/// either all rows of an index in which few match a condition, or a stretch of an index in the order of the list.
/// </summary>
/// <param name="dialect">The server.</param>
/// <param name="scan">The page.</param>
/// <param name="transaction">Sees one state of the tables, so that no row slips from one query to the next.</param>
/// <param name="cancellationToken">Cancels the queries.</param>
internal sealed class SqlTokenScan(SqlDialect dialect, TokenScan scan, DbTransaction transaction, CancellationToken cancellationToken)
{
    // Looking at one row takes about 5 µs on a busy server.
    private const int MostRows = 5000;

    private readonly DynamicParameters _values = Values(scan);
    private readonly List<Condition> _conditions = [.. Conditions(scan.Filter)];
    private readonly string? _column = ColumnOf(scan.Sort);
    private readonly string _direction = scan.IsDescending ? " DESC" : "";

    /// <summary>Reads the page.</summary>
    public async Task<TokenSlice> ReadAsync()
    {
        // A condition on the column of the order bounds the stretch of its index.
        var bounds = _conditions.Where(condition => condition.Column == _column && _column is not null).ToList();
        var others = _conditions.Except(bounds).ToList();
        var driver = _column is null ? others.Find(condition => condition.IsOrdered) : null;
        string[] checks = [.. others.Where(other => other != driver).Concat(bounds.Where(bound => !bound.IsExact)).Select(condition => condition.Text)];
        var few = others.Count == 0 || checks.Length == 0 ? null : await FindFewAsync(others);

        List<AccessToken> found = [];
        int left = MostRows;
        foreach (var part in Parts(hasBounds: bounds.Count > 0))
        {
            string[] within = [part.Condition, .. bounds.Select(bound => bound.Range)];
            if (few is not null)
            {
                found.AddRange(await ReadTokensAsync(RowsOf(few, [], "", MostRows), [.. within, .. _conditions.Select(condition => condition.Text)], Missing(found)));
            }
            else if (await ReadStretchAsync(new Stretch(driver, within, part.Order), checks, found, left) is var seen && seen == left)
            {
                var last = await ReadTokensAsync(RowsOf(new Stretch(driver, within, part.Order), most: 1, offset: seen - 1), [], 1);
                return new TokenSlice(found, PositionOf(last[0]));
            }
            else
            {
                left -= seen;
            }

            if (found.Count > scan.PageSize)
                return new TokenSlice(found[..scan.PageSize], PositionOf(found[scan.PageSize - 1]));
        }

        return new TokenSlice(found, null);
    }

    // One more than the page has, which shows that it is not the last.
    private int Missing(List<AccessToken> found) => scan.PageSize + 1 - found.Count;

    /// <summary>Adds the tokens of a stretch until it ends, the page is full, or so many rows were looked at.</summary>
    /// <returns>How many rows were looked at; if the page is full, any number below <paramref name="most"/>.</returns>
    private async Task<int> ReadStretchAsync(Stretch stretch, string[] checks, List<AccessToken> found, int most)
    {
        if (checks.Length == 0)
        {
            found.AddRange(await ReadTokensAsync(RowsOf(stretch, Missing(found)), [], Missing(found)));
            return 0;
        }

        int seen = 0;
        while (seen < most)
        {
            // Most conditions are met by most rows; then the first piece suffices.
            int size = Math.Min(most - seen, seen == 0 ? 2 * Missing(found) : most);
            string rows = RowsOf(stretch, size, offset: seen);
            found.AddRange(await ReadTokensAsync(rows, checks, Missing(found)));
            if (found.Count > scan.PageSize)
                return 0;
            int piece = await CountAsync(rows);
            seen += piece;
            if (piece < size)
                break;
        }

        return seen;
    }

    /// <summary>The first condition that few rows match; null = each is matched by many.</summary>
    private async Task<Condition?> FindFewAsync(IReadOnlyList<Condition> conditions)
    {
        foreach (var condition in conditions)
        {
            if (await CountAsync(RowsOf(condition, [], "", MostRows + 1)) <= MostRows)
                return condition;
        }

        return null;
    }

    /// <summary>
    /// The rest of the list in the parts that an index has in one piece each: the tokens with the same value, those with a later
    /// one, those without a value.
    /// </summary>
    private IEnumerable<(string Condition, string Order)> Parts(bool hasBounds)
    {
        string later = scan.IsDescending ? "<" : ">";
        string behind = scan.After is null ? "1 = 1" : $"id {later} @AfterRow";
        string byRow = $"id{_direction}";
        if (_column is null)
        {
            yield return (behind, byRow);
            yield break;
        }

        if (scan.After is null or { Value: not null })
        {
            if (scan.After is not null)
                yield return ($"{_column} = @AfterValue AND {behind}", byRow);
            yield return (scan.After is null ? $"{_column} IS NOT NULL" : $"{_column} {later} @AfterValue", $"{_column}{_direction}, {byRow}");
            behind = "1 = 1";
        }

        // Without a value no bound holds.
        if (!hasBounds)
            yield return ($"{_column} IS NULL AND {behind}", byRow);
    }

    private string RowsOf(Stretch stretch, int most, int offset = 0)
    {
        if (stretch.Driver is not null)
            return RowsOf(stretch.Driver, stretch.Conditions, stretch.Order, most, offset);
        string index = _column is null ? "" : dialect.UseIndex($"ix_access_tokens_{_column}");
        return Rows(dialect.Text(SqlStatement.FindTokenRows, stretch.Conditions), index, stretch.Order, most, offset);
    }

    /// <summary>The rows that match a condition, by its index.</summary>
    private string RowsOf(Condition condition, IReadOnlyList<string> within, string order, int most, int offset = 0) => condition.Tag is { } tag
        ? Rows(
            dialect.Text(SqlStatement.FindTaggedRows, [$"tag = @{tag}", .. within.Select(ByRow)]), "", ByRow(order), most, offset)
        : Rows(
            dialect.Text(SqlStatement.FindTokenRows, [condition.Range, .. within]),
            condition.Index is null ? "" : dialect.UseIndex(condition.Index), order, most, offset);

    // In token_tags, the row number has another name.
    private static string ByRow(string text) => text.Replace("id", "token_row", StringComparison.Ordinal);

    private static string Rows(string statement, string index, string order, int most, int offset) => statement
        .Replace("/* index */", index, StringComparison.Ordinal)
        .Replace("/* order */", order.Length == 0 ? "" : $"ORDER BY {order}", StringComparison.Ordinal)
        .Replace("/* most */", string.Create(CultureInfo.InvariantCulture, $"LIMIT {most} OFFSET {offset}"), StringComparison.Ordinal);

    private async Task<IReadOnlyList<AccessToken>> ReadTokensAsync(string rows, IReadOnlyList<string> conditions, int most)
    {
        string order = _column is null ? $"id{_direction}" : $"{_column}{_direction}, id{_direction}";
        string statement = Rows(dialect.Text(SqlStatement.ScanTokens, conditions), "", order, most, offset: 0).Replace("/* rows */", rows, StringComparison.Ordinal);
        return await ListedTokens.QueryAsync(transaction, statement, _values, cancellationToken);
    }

    private async Task<int> CountAsync(string rows) => await transaction.Connection!.ExecuteScalarAsync<int>(new CommandDefinition(
        dialect.Text(SqlStatement.CountRows).Replace("/* rows */", rows, StringComparison.Ordinal), _values, transaction, cancellationToken: cancellationToken));

    private TokenPosition PositionOf(AccessToken token) => new(
        scan.Sort switch
        {
            TokenSort.CreatedAt => null,
            TokenSort.ExpiresAt => token.ExpiresAt,
            TokenSort.Name => token.Name,
            TokenSort.RemainingQuota => token.RemainingBand,
            TokenSort.RemainingPercent => token.RemainingPercent,
        },
        token.Id);

    private static string? ColumnOf(TokenSort sort) => sort switch
    {
        TokenSort.CreatedAt => null,
        TokenSort.ExpiresAt => "expires_at",
        TokenSort.Name => "name",
        TokenSort.RemainingQuota => "remaining_band",
        TokenSort.RemainingPercent => "remaining_percent",
    };

    /// <summary>The conditions, the most selective by its nature first.</summary>
    private static IEnumerable<Condition> Conditions(TokenFilter filter)
    {
        // MySQL treats 'a' and 'a ' as equal, even in a binary collation; the length distinguishes them.
        if (filter.TokenId is not null)
            yield return new Condition("access_token = @TokenId", null, "access_token", IsOrdered: false);
        if (filter.Email is not null)
            yield return Equal("email", "email = @Email AND LENGTH(email) = LENGTH(@Email)");
        if (filter.WorkspaceId is not null)
            yield return Equal("ws_id", "ws_id = @WorkspaceId AND LENGTH(ws_id) = LENGTH(@WorkspaceId)");
        for (int i = 0; i < filter.Tags.Count; i++)
        {
            string tag = string.Create(CultureInfo.InvariantCulture, $"Tag{i}");
            yield return new Condition($"EXISTS (SELECT 1 FROM token_tags WHERE tag = @{tag} AND token_row = id)", null, "tag", IsOrdered: true) { Tag = tag };
        }

        if (filter.NamePrefix is not null)
        {
            string end = EndOf(filter.NamePrefix) is null ? "" : " AND name < @NameEnd";
            yield return Range("name", $"name >= @NamePrefix{end} AND LENGTH(name) >= LENGTH(@NamePrefix)");
        }

        if (filter.ExpiresBefore is not null)
            yield return Range("expires_at", "expires_at < @ExpiresBefore");
        if (filter.RemainingBelow is not null)
            yield return Range("remaining_band", "remaining_quota < @RemainingBelow") with { Range = "remaining_band <= @RemainingBand", IsExact = false };
        if (filter.RemainingBelowPercent is not null)
            yield return Range("remaining_percent", "remaining_percent < @RemainingBelowPercent");
        if (filter.QuotaType is not null)
            yield return Equal("quota_type", "quota_type = @QuotaType");
        if (filter.IsActive is not null)
            yield return Equal("is_active", "is_active = @IsActive");
    }

    private static Condition Equal(string column, string text) => new(text, $"ix_access_tokens_{column}", column, IsOrdered: true);

    private static Condition Range(string column, string text) => new(text, $"ix_access_tokens_{column}", column, IsOrdered: false);

    private static DynamicParameters Values(TokenScan scan)
    {
        var (filter, values) = (scan.Filter, new DynamicParameters());
        values.Add("TokenId", filter.TokenId);
        values.Add("WorkspaceId", filter.WorkspaceId);
        values.Add("Email", filter.Email);
        for (int i = 0; i < filter.Tags.Count; i++)
            values.Add(string.Create(CultureInfo.InvariantCulture, $"Tag{i}"), filter.Tags[i]);
        values.Add("NamePrefix", filter.NamePrefix);
        values.Add("NameEnd", filter.NamePrefix is null ? null : EndOf(filter.NamePrefix));
        values.Add("ExpiresBefore", filter.ExpiresBefore);
        values.Add("RemainingBelow", filter.RemainingBelow);
        values.Add("RemainingBand", filter.RemainingBelow is { } below ? AccessToken.BandOf(below - 1) : null);
        values.Add("RemainingBelowPercent", filter.RemainingBelowPercent);
        values.Add("QuotaType", filter.QuotaType is { } type ? SqlEnums.Of(type) : null);
        values.Add("IsActive", filter.IsActive);
        values.Add("AfterValue", scan.After?.Value);
        values.Add("AfterRow", scan.After?.Row);
        return values;
    }

    /// <summary>The first text behind all that begin with a prefix; null = there is none.</summary>
    private static string? EndOf(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        while (runes.Count > 0)
        {
            var last = runes[^1];
            runes.RemoveAt(runes.Count - 1);
            // No code point is between these two.
            int next = last.Value == 0xD7FF ? 0xE000 : last.Value + 1;
            if (Rune.IsValid(next))
                return string.Concat(runes) + new Rune(next);
        }

        return null;
    }

    /// <summary>A condition of the filter.</summary>
    /// <param name="Text">As SQL.</param>
    /// <param name="Index">The index that finds the rows; null = the server chooses it.</param>
    /// <param name="Column">The column of the index.</param>
    /// <param name="IsOrdered">True if the index has the rows in the order of their creation.</param>
    private sealed record Condition(string Text, string? Index, string Column, bool IsOrdered)
    {
        /// <summary>What the index finds.</summary>
        public string Range { get; init; } = Text;

        /// <summary>False if the index also finds rows that do not meet the condition.</summary>
        public bool IsExact { get; init; } = true;

        /// <summary>The parameter of a tag, whose rows are in <c>token_tags</c>; null = it is about a column.</summary>
        public string? Tag { get; init; }
    }

    /// <summary>A stretch of an index that is in the order of the list.</summary>
    /// <param name="Driver">The condition whose index it is; null = that of the order's column.</param>
    /// <param name="Conditions">Where it begins and ends.</param>
    /// <param name="Order">The order within it.</param>
    private sealed record Stretch(Condition? Driver, IReadOnlyList<string> Conditions, string Order);
}
