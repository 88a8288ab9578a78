using System.Globalization;
using FlowQuota.Errors;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>Reads query parameters strictly.</summary>
internal static class Query
{
    private const int MaxLength = 255;
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    /// <summary>Refuses parameters that the request does not define.</summary>
    /// <param name="request">The request.</param>
    /// <param name="names">The defined parameters, case-sensitive.</param>
    public static void CheckNames(HttpRequest request, string[] names)
    {
        if (!request.QueryString.HasValue)
            return;
        foreach (string name in request.Query.Keys)
        {
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw new InvalidFieldException(JsonFields.Shorten(name),
                    names.Length == 0 ? "is not a query parameter of this request; it has none" : $"is not a query parameter of this request; it has {string.Join(", ", names)}");
            }
        }
    }

    /// <summary>A text; null if the parameter is missing.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="mayBeEmpty">True if an empty value counts as missing.</param>
    /// <param name="maxLength">Most characters.</param>
    public static string? Text(HttpRequest request, string name, bool mayBeEmpty = false, int maxLength = MaxLength)
    {
        var values = request.Query[name];
        if (values.Count > 1)
            throw new InvalidFieldException(name, "must be given once");
        string? text = values;
        if (text is null || (mayBeEmpty && text.Length == 0))
            return null;
        return text.Length >= 1 && text.Length <= maxLength && !text.Any(char.IsControl)
            ? text
            : throw new InvalidFieldException(name, $"must be a text of 1 to {maxLength} characters without control characters");
    }

    /// <summary><c>page</c> and <c>page_size</c>; out of range is a 400, not a silent clamp.</summary>
    public static (int Page, int PageSize) Paging(HttpRequest request) =>
        (Number(request, "page", 1, int.MaxValue) ?? 1, Number(request, "page_size", 1, MaxPageSize) ?? DefaultPageSize);

    /// <summary>A whole number in digits; null if the parameter is missing.</summary>
    public static int? Number(HttpRequest request, string name, int min, int max)
    {
        if (Text(request, name) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw new InvalidFieldException(name, $"must be a whole number from {min} to {max}");
    }

    /// <summary>One of several words; null if the parameter is missing.</summary>
    public static T? Choice<T>(HttpRequest request, string name, params (string Word, T Value)[] choices)
        where T : struct =>
        Text(request, name) is { } text ? OneOf(name, text, choices) : null;

    /// <summary>What a word of a parameter stands for.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="text">The word.</param>
    /// <param name="choices">All words.</param>
    public static T OneOf<T>(string name, string text, (string Word, T Value)[] choices)
    {
        foreach (var (word, choice) in choices)
        {
            if (text == word)
                return choice;
        }

        throw new InvalidFieldException(name, $"must be one of {Words(choices)}");
    }

    /// <summary>The words for a message.</summary>
    public static string Words<T>((string Word, T Value)[] choices) => string.Join(", ", choices.Select(choice => choice.Word));

    /// <summary>True for the second of two words, false for the first; the first if the parameter is missing.</summary>
    public static bool Switch(HttpRequest request, string name, string off, string on)
    {
        string text = Text(request, name) ?? off;
        if (text != off && text != on)
            throw new InvalidFieldException(name, $"must be {off} or {on}");
        return text == on;
    }
}
