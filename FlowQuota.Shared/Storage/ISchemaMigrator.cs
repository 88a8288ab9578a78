namespace FlowQuota.Storage;

/// <summary>Brings the SQL schema up to this version; safe to run again, and by several instances at once.</summary>
public interface ISchemaMigrator
{
    /// <summary>Applies the migrations that are missing.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}
