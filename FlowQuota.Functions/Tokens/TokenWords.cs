using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>The API's names for the values of the domain.</summary>
internal static class TokenWords
{
    public static readonly (string Word, QuotaType Value)[] QuotaTypes =
        [("time", QuotaType.Time), ("count", QuotaType.Count), ("hybrid", QuotaType.Hybrid)];

    public static readonly (string Word, ExpiryOperation Value)[] Operations =
        [("add", ExpiryOperation.Add), ("set", ExpiryOperation.Set), ("unlimited", ExpiryOperation.Unlimited)];

    public static readonly (string Word, QuotaOperation Value)[] QuotaOperations =
        [("add", QuotaOperation.Add), ("set", QuotaOperation.Set), ("reset", QuotaOperation.Reset)];

    public static readonly (string Word, PeriodUnit Value)[] PeriodUnits =
        [("hour", PeriodUnit.Hour), ("day", PeriodUnit.Day), ("week", PeriodUnit.Week), ("month", PeriodUnit.Month), ("year", PeriodUnit.Year)];

    public static string Of(QuotaType type) => Word(QuotaTypes, type);

    public static string Of(ExpiryOperation operation) => Word(Operations, operation);

    public static string Of(PeriodUnit unit) => Word(PeriodUnits, unit);

    private static string Word<T>((string Word, T Value)[] words, T value) =>
        words.First(pair => EqualityComparer<T>.Default.Equals(pair.Value, value)).Word;
}
