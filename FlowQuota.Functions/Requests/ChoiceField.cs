using System.Globalization;

namespace FlowQuota.Functions.Requests;

/// <summary>One of several words.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Words">The words.</param>
/// <param name="Description">What it is for.</param>
internal abstract record ChoiceField(string Name, IReadOnlyList<string> Words, string Description) : Field(Name, Description)
{
    /// <summary>How many different words may be given, separated by commas.</summary>
    public int Most { get; init; } = 1;

    /// <summary>What it must be, in words that follow its name.</summary>
    public string Expected => Most == 1
        ? $"must be one of {string.Join(", ", Words)}"
        : string.Create(CultureInfo.InvariantCulture, $"must be 1 to {Most} of {string.Join(", ", Words)}, separated by a comma");

    /// <summary>True for a text that has these words and no other.</summary>
    public bool Accepts(string text)
    {
        if (Most == 1)
            return Words.Contains(text);
        string[] given = text.Split(',');
        return given.Length <= Most && given.All(Words.Contains) && given.Distinct().Count() == given.Length;
    }
}

/// <summary>One of several words that stand for values.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <param name="Name">Its name.</param>
/// <param name="Choices">The words and what they stand for.</param>
/// <param name="Description">What it is for.</param>
internal sealed record ChoiceField<T>(string Name, (string Word, T Value)[] Choices, string Description)
    : ChoiceField(Name, [.. Choices.Select(choice => choice.Word)], Description)
{
    /// <summary>What an accepted word stands for.</summary>
    public T ValueOf(string word) => Choices.First(choice => choice.Word == word).Value;

    /// <summary>The word for a value.</summary>
    public string WordOf(T value) => Choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word;
}
