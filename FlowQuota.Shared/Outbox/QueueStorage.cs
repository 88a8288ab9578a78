using Azure.Identity;
using Azure.Storage.Queues;
using FlowQuota.Errors;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.Outbox;

/// <summary>Connects to the storage account that the Functions host uses too.</summary>
public static class QueueStorage
{
    private const string Setting = "AzureWebJobsStorage";
    private const string Allowed = "a storage connection string, or AzureWebJobsStorage__queueServiceUri (an https URI) for an identity-based connection";

    /// <summary>True if a storage account is set at all.</summary>
    public static bool IsConfigured(IConfiguration configuration) =>
        !string.IsNullOrWhiteSpace(configuration[Setting]) || ServiceUri(configuration) is not null;

    /// <summary>Connects by connection string or, if a service URI or an account name is set, by identity.</summary>
    /// <exception cref="SettingException">Neither is set, or it cannot be read.</exception>
    public static QueueServiceClient Connect(IConfiguration configuration)
    {
        if (ServiceUri(configuration) is { } text)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps)
                throw new SettingException($"{Setting}__queueServiceUri", $"\"{text.ReplaceLineEndings(" ")}\"", Allowed);
            var credential = new DefaultAzureCredential(new DefaultAzureCredentialOptions
            {
                ManagedIdentityClientId = configuration[$"{Setting}:clientId"],
            });
            return new QueueServiceClient(uri, credential, StorageQueueDoorbell.Options());
        }

        if (string.IsNullOrWhiteSpace(configuration[Setting]))
            throw new SettingException(Setting, "missing", Allowed);
        try
        {
            return new QueueServiceClient(configuration[Setting], StorageQueueDoorbell.Options());
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Not repeated: the string holds a key.
            throw new SettingException(Setting, "not readable", Allowed);
        }
    }

    private static string? ServiceUri(IConfiguration configuration)
    {
        if (configuration[$"{Setting}:queueServiceUri"] is { Length: > 0 } uri)
            return uri;
        return configuration[$"{Setting}:accountName"] is { Length: > 0 } account ? $"https://{account}.queue.core.windows.net" : null;
    }
}
