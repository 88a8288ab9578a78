using System.Runtime.InteropServices;
using FlowQuota.Errors;
using FlowQuota.SelfHost.Embedded;
using FlowQuota.Sql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowQuota.Import;

/// <summary>Imports the tokens of the Go system, and reports the result.</summary>
internal static class LegacyImportCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int SomeRefused = 3;
    private const int Stopped = 4;

    private const string Usage = """
        infra/import_legacy [--apply] [--time-zone ZONE]

        Imports the tokens of the Go system and their log rows. Tokens that are here already are left alone.

          --apply           write; without it nothing is written, and the changes are only reported
          --time-zone ZONE  IANA zone of the times in the Go system's tables (default: FLOW_TIME_ZONE)

        Environment variables:
          LEGACY_MYSQL_CONNECTION       the Go system's database, which is only read
          MYSQL_CONNECTION              FlowQuota's database; without it the embedded SQLite, while the self-host is stopped
          TOKEN_PEPPER                  as in the app; may be left out with the embedded SQLite alone
          QUOTA_CLEANUP_RETENTION_DAYS  log rows older than this are left behind (180)

        Shows on standard error how far it is. Ctrl-C or SIGTERM stops it; run it again to go on.

        Exit status: 0 done, 1 failed, 2 wrong usage, 3 done, but rows were refused, 4 stopped.
        """;

    /// <summary>Runs it with the environment's settings; Ctrl-C or SIGTERM ends it between two commits.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        using var interrupted = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        return await RunAsync(arguments, configuration, Console.Out, Console.Error, interrupted.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }
    }

    internal static async Task<int> RunAsync(
        string[] arguments, IConfigurationRoot configuration, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (!TryRead(arguments, out bool apply, out string? timeZone))
        {
            await (arguments is ["--help" or "-h"] ? output : errors).WriteLineAsync(Usage);
            return arguments is ["--help" or "-h"] ? Done : WrongUsage;
        }

        var progress = new ImportProgress(errors, !Console.IsErrorRedirected, TimeProvider.System);
        try
        {
            await using (progress)
                return await ImportAsync(apply, timeZone, configuration, output, progress, cancellationToken);
        }
        catch (Exception e) when (e is SettingException or ImportRefusedException)
        {
            await errors.WriteLineAsync(e.Message);
        }
        catch (StoreUnavailableException e)
        {
            await errors.WriteLineAsync($"FlowQuota's database cannot be reached: {e.InnerException?.Message.ReplaceLineEndings(" ") ?? e.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await errors.WriteLineAsync(ImportReportText.Stopped(progress.Last, apply));
            return Stopped;
        }

        return Failed;
    }

    private static async Task<int> ImportAsync(
        bool apply, string? timeZone, IConfigurationRoot configuration, TextWriter output, ImportProgress progress, CancellationToken cancellationToken)
    {
        // The folder's pepper only if its database is used too, because a new pepper would fit no app that uses another database.
        bool isEmbedded = string.IsNullOrWhiteSpace(configuration["MYSQL_CONNECTION"]);
        using var folder = isEmbedded ? DataFolder.Open(configuration) : null;
        if (folder is not null && string.IsNullOrWhiteSpace(configuration["TOKEN_PEPPER"]))
            configuration["TOKEN_PEPPER"] = folder.KeepSecret("TOKEN_PEPPER");
        var settings = LegacyImportSettings.Read(configuration, timeZone);

        using SqlDialect dialect = settings.MySqlConnection is { } mySql ? new MySqlDialect(mySql) : new SqliteDialect(folder!.DatabaseFile);
        var migrator = new SchemaMigrator(dialect, TimeProvider.System, NullLogger<SchemaMigrator>.Instance);
        long started = TimeProvider.System.GetTimestamp();
        var report = await new LegacyImport(settings, dialect, migrator, TimeProvider.System).RunAsync(apply, progress, cancellationToken);
        await progress.DisposeAsync();
        await ImportReportText.WriteAsync(output, report, settings, TimeProvider.System.GetElapsedTime(started));
        return report.RefusedTokens + report.RefusedLogRows > 0 ? SomeRefused : Done;
    }

    private static bool TryRead(string[] arguments, out bool apply, out string? timeZone)
    {
        (apply, timeZone) = (false, null);
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--apply")
                apply = true;
            else if (arguments[i] == "--time-zone" && i + 1 < arguments.Length)
                timeZone = arguments[++i];
            else
                return false;
        }

        return true;
    }
}
