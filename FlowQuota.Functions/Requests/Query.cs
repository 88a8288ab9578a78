using System.Globalization;
using FlowQuota.Errors;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Requests;

/// <summary>Reads query parameters strictly.</summary>
internal static class Query
{
    private const int DefaultPageSize = 100;

    /// <summary>The number of a page.</summary>
    public static readonly NumberField Page = new("page", 1, int.MaxValue, "Number of the page, from 1; 1 by default.");

    /// <summary>How many items a page has.</summary>
    public static readonly NumberField PageSize = new("page_size", 1, 1000, "Items on a page; 100 by default.");

    /// <summary>Refuses parameters that the request does not define, and wrong values, also of those that are not read.</summary>
    /// <param name="request">The request.</param>
    /// <param name="fields">The defined parameters, case-sensitive.</param>
    public static void Check(HttpRequest request, FieldSet fields)
    {
        if (!request.QueryString.HasValue)
            return;
        foreach (string name in request.Query.Keys)
        {
            if (!fields.Names.Contains(name, StringComparer.Ordinal))
            {
                throw new InvalidFieldException(JsonFields.Shorten(name),
                    fields.Names.Length == 0 ? "is not a query parameter of this request; it has none" : $"is not a query parameter of this request; it has {string.Join(", ", fields.Names)}");
            }
        }

        foreach (var field in fields)
            Check(request, field);
    }

    private static void Check(HttpRequest request, Field field)
    {
        switch (field)
        {
            case NumberField number:
                Number(request, number);
                break;
            case TextField text:
                Text(request, text);
                break;
            case StringField text:
                String(request, text);
                break;
            case StringListField list:
                Strings(request, list);
                break;
            case FlagField flag:
                Flag(request, flag);
                break;
            case ChoiceField choice when One(request, choice) is { } words && !choice.Accepts(words):
                throw new InvalidFieldException(choice.Name, choice.Expected);
        }
    }

    /// <summary>A text; null if the parameter is missing, or empty where that means the same.</summary>
    public static string? Text(HttpRequest request, TextField field)
    {
        string? text = One(request, field);
        if (text is null || (text.Length == 0 && field.MayBeEmpty))
            return null;
        return field.IsValid(text) ? text : throw new InvalidFieldException(field.Name, field.Expected);
    }

    /// <summary>A string of the parameter's syntax; null if the parameter is missing.</summary>
    public static string? String(HttpRequest request, StringField field)
    {
        string? text = One(request, field);
        return text is null || field.IsValid?.Invoke(text) != false ? text : throw new InvalidFieldException(field.Name, field.Expected);
    }

    /// <summary>Different strings of the parameter's syntax; the parameter is repeated.</summary>
    public static IReadOnlyList<string> Strings(HttpRequest request, StringListField field)
    {
        var texts = request.Query[field.Name];
        if (texts.Count > field.Most)
            throw new InvalidFieldException(field.Name, $"must be given at most {field.Most} times");
        return texts.All(text => field.Item.IsValid?.Invoke(text ?? "") != false)
            ? [.. texts.Select(text => text!).Distinct(StringComparer.Ordinal)]
            : throw new InvalidFieldException(field.Name, field.Item.Expected);
    }

    /// <summary><c>page</c> and <c>page_size</c>; out of range is a 400, not a silent clamp.</summary>
    public static (int Page, int PageSize) Paging(HttpRequest request) => (Number(request, Page) ?? 1, Number(request, PageSize) ?? DefaultPageSize);

    /// <summary>A whole number in digits; null if the parameter is missing.</summary>
    public static int? Number(HttpRequest request, NumberField field)
    {
        if (One(request, field) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= field.Min && number <= field.Max
            ? number
            : throw new InvalidFieldException(field.Name, field.Expected);
    }

    /// <summary>One of several words; null if the parameter is missing.</summary>
    public static T? Choice<T>(HttpRequest request, ChoiceField<T> field)
        where T : struct
    {
        if (One(request, field) is not { } word)
            return null;
        return field.Accepts(word) ? field.ValueOf(word) : throw new InvalidFieldException(field.Name, field.Expected);
    }

    /// <summary>Several different words; empty if the parameter is missing.</summary>
    public static IReadOnlyList<T> Choices<T>(HttpRequest request, ChoiceField<T> field)
        where T : struct
    {
        if (One(request, field) is not { } words)
            return [];
        if (!field.Accepts(words))
            throw new InvalidFieldException(field.Name, field.Expected);
        return [.. words.Split(',').Select(field.ValueOf)];
    }

    /// <summary>True or false, in words; null if the parameter is missing.</summary>
    public static bool? Flag(HttpRequest request, FlagField field) => One(request, field) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw new InvalidFieldException(field.Name, "must be true or false"),
    };

    private static string? One(HttpRequest request, Field field)
    {
        var values = request.Query[field.Name];
        return values.Count > 1 ? throw new InvalidFieldException(field.Name, "must be given once") : (string?)values;
    }
}
