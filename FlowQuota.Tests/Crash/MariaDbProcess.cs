using Dapper;
using FlowQuota.Tests.Servers;
using MySqlConnector;

namespace FlowQuota.Tests.Crash;

/// <summary>MariaDB with durable commits, its default.</summary>
public sealed class MariaDbProcess(string folder) : CrashServer(folder)
{
    private const string Password = "crash-suite";
    private static readonly string[] AsRoot = Environment.UserName == "root" ? ["--user=root"] : [];

    public string Connection => $"Server=127.0.0.1;Port={Port};User ID=flowquota;Password={Password};Database=flowquota";

    public Task<MySqlConnection> OpenAsync() => OpenAsync(Connection);

    /// <summary>Runs a statement as an account that a read-only server still lets write.</summary>
    public async Task OperateAsync(string statement)
    {
        await using var connection = await OpenAsync(Connection.Replace("User ID=flowquota", "User ID=operator", StringComparison.Ordinal));
        await connection.ExecuteAsync(statement);
    }

    private static async Task<MySqlConnection> OpenAsync(string account)
    {
        var connection = new MySqlConnection($"{account};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    protected override async Task PrepareAsync()
    {
        await OwnProcess.RunAsync(TestServers.Program(TestServers.MariaDbInstallVariable),
            ["--no-defaults", .. AsRoot, $"--datadir={Folder}/data", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
        // Anonymous users would shadow the account for connections from this machine.
        await File.WriteAllTextAsync($"{Folder}/init.sql", $"""
            DELETE FROM mysql.global_priv WHERE User = '';
            FLUSH PRIVILEGES;
            CREATE USER IF NOT EXISTS 'flowquota'@'%' IDENTIFIED BY '{Password}';
            GRANT ALL PRIVILEGES ON *.* TO 'flowquota'@'%';
            REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM 'flowquota'@'%';
            CREATE USER IF NOT EXISTS 'operator'@'%' IDENTIFIED BY '{Password}';
            GRANT ALL PRIVILEGES ON *.* TO 'operator'@'%';
            CREATE DATABASE IF NOT EXISTS flowquota;
            """);
    }

    protected override OwnProcess Launch() => OwnProcess.Start(TestServers.Program(TestServers.MariaDbServerVariable),
        ["--no-defaults", .. AsRoot, $"--datadir={Folder}/data", $"--socket={Folder}/s", $"--pid-file={Folder}/pid", $"--port={Port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=64M",
            $"--init-file={Folder}/init.sql"]);

    protected override async Task<bool> AnswersAsync()
    {
        await using var connection = await OpenAsync();
        return await connection.ExecuteScalarAsync<int>("SELECT 1") == 1;
    }
}
