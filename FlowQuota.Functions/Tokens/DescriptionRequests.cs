using FlowQuota.Functions.Requests;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks <c>name</c>, <c>tags</c> and <c>metadata</c> in the bodies of create and change. Null and an empty list mean none.</summary>
internal static class DescriptionRequests
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxName = 100;

    /// <summary>What a tag must be.</summary>
    public static readonly StringField Tag = new("tag", "A tag that the token has.")
    {
        Pattern = "^[A-Za-z0-9._:-]{1,64}$",
        IsValid = TokenTags.IsTag,
        Expected = "must be 1 to 64 of A-Za-z0-9._:-",
    };

    private static readonly TextField NameField = new("name", MaxName, "What admins call the token.");
    private static readonly StringListField TagsField = new("tags", TokenTags.Most, Tag, "Labels by which tokens are found.");
    private static readonly JsonField MetadataField = new("metadata", "An object that FlowQuota keeps and shows to admins as it was sent.") { MaxObjectBytes = 4096 };

    /// <summary>The fields.</summary>
    public static readonly Field[] Fields = [NameField, TagsField, MetadataField];

    public static string? Name(JsonBody body) => body.OptionalText(NameField);

    public static TokenTags? Tags(JsonBody body) => TokenTags.Of(body.OptionalStrings(TagsField) ?? []);

    public static string? Metadata(JsonBody body) => body.OptionalObjectText(MetadataField);

    /// <summary>The change of the name.</summary>
    public static OptionalValue<string> NameChange(JsonBody body) => new(body.Has(NameField), Name(body));

    /// <summary>The change of the tags.</summary>
    public static OptionalValue<TokenTags> TagsChange(JsonBody body) => new(body.Has(TagsField), Tags(body));

    /// <summary>The change of the metadata.</summary>
    public static OptionalValue<string> MetadataChange(JsonBody body) => new(body.Has(MetadataField), Metadata(body));
}
