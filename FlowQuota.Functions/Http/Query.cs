using System.Globalization;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>Reads query parameters strictly.</summary>
internal static class Query
{
    private const int MaxLength = 255;
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    /// <summary>A text; null where the parameter is missing or empty.</summary>
    public static string? Text(HttpRequest request, string name)
    {
        var values = request.Query[name];
        if (values.Count > 1)
            throw new InvalidFieldException(name, "must be given once");
        string? text = values;
        if (string.IsNullOrEmpty(text))
            return null;
        return text.Length <= MaxLength && !text.Any(char.IsControl)
            ? text
            : throw new InvalidFieldException(name, $"must be a text of at most {MaxLength} characters without control characters");
    }

    /// <summary><c>page</c> and <c>page_size</c>; out of range is a 400, not a silent clamp.</summary>
    public static (int Page, int PageSize) Paging(HttpRequest request) =>
        (Number(request, "page", 1, int.MaxValue), Number(request, "page_size", DefaultPageSize, MaxPageSize));

    private static int Number(HttpRequest request, string name, int defaultValue, int max)
    {
        if (Text(request, name) is not { } text)
            return defaultValue;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= max
            ? number
            : throw new InvalidFieldException(name, $"must be a whole number from 1 to {max}");
    }
}
