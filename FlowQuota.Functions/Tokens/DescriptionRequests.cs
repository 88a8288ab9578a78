using FlowQuota.Functions.Http;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks <c>name</c>, <c>tags</c> and <c>metadata</c> in the bodies of create and change. Null and an empty list mean none.</summary>
internal static class DescriptionRequests
{
    /// <summary>The fields.</summary>
    public static readonly string[] Fields = [NameField, TagsField, MetadataField];

    /// <summary>What a tag must be, in words that follow its name.</summary>
    public const string ExpectedTag = "must be 1 to 64 of A-Za-z0-9._:-";

    private const string NameField = "name";
    private const string TagsField = "tags";
    private const string MetadataField = "metadata";
    private const int MaxName = 100;
    private const int MaxMetadataBytes = 4096;

    public static string? Name(JsonBody body) => body.OptionalText(NameField, MaxName);

    public static TokenTags? Tags(JsonBody body)
    {
        var tags = body.OptionalStrings(TagsField, TokenTags.Most) ?? [];
        for (int i = 0; i < tags.Count; i++)
        {
            if (!TokenTags.IsTag(tags[i]))
                throw body.Invalid($"{TagsField}[{i}]", ExpectedTag);
        }

        return TokenTags.Of(tags);
    }

    public static string? Metadata(JsonBody body) => body.OptionalObjectText(MetadataField, MaxMetadataBytes);

    /// <summary>The change of the name.</summary>
    public static OptionalValue<string> NameChange(JsonBody body) => new(body.Has(NameField), Name(body));

    /// <summary>The change of the tags.</summary>
    public static OptionalValue<TokenTags> TagsChange(JsonBody body) => new(body.Has(TagsField), Tags(body));

    /// <summary>The change of the metadata.</summary>
    public static OptionalValue<string> MetadataChange(JsonBody body) => new(body.Has(MetadataField), Metadata(body));
}
