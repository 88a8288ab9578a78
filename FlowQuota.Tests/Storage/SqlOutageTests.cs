using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqlOutageTests
{
    [Fact]
    public async Task A_server_that_is_not_there_is_said_to_be_unavailable_within_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        await AssertUnavailableAsync(new MySqlDialect($"Server=127.0.0.1;Port={port};Database=flowquota"));
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing_is_said_to_be_unavailable_within_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await AssertUnavailableAsync(new MySqlDialect($"Server=127.0.0.1;Port={((IPEndPoint)listener.LocalEndpoint).Port};Database=flowquota"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_said_to_be_unavailable() =>
        await AssertUnavailableAsync(new SqliteDialect("/nowhere/at/all/flowquota.db"));

    [ServerFact(MySql = true)]
    public async Task A_row_that_stays_locked_is_said_to_be_unavailable()
    {
        var sql = new MySqlFixture();
        await sql.InitializeAsync();
        try
        {
            var token = await new SqlTokenStore(sql.Dialect, TimeProvider.System).CreateAsync(Samples.NewToken(), "request", default);
            await using var other = new MySqlConnection(sql.ConnectionString);
            await other.OpenAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var hold = new MySqlCommand("SELECT * FROM access_tokens FOR UPDATE", other, transaction);
            await hold.ExecuteScalarAsync();

            using var impatient = new MySqlDialect(sql.ConnectionString + ";Default Command Timeout=1");
            await Assert.ThrowsAsync<SqlUnavailableException>(() => new SqlQuotaStore(impatient, TimeProvider.System)
                .WriteAsync([new QuotaSnapshot(token.TokenId, new(1, 2), 1, 10)], default));
        }
        finally
        {
            await sql.DisposeAsync();
        }
    }

    [Fact]
    public void A_connection_string_without_a_database_is_refused_at_once() =>
        Assert.Throws<SettingException>(() => new MySqlDialect("Server=127.0.0.1"));

    private static async Task AssertUnavailableAsync(SqlDialect dialect)
    {
        using (dialect)
        {
            long start = Stopwatch.GetTimestamp();
            var entry = Samples.NewEntry(Samples.NewTokenId(), 1);

            var failure = await Assert.ThrowsAsync<SqlUnavailableException>(() => dialect.ProbeAsync(default));
            await Assert.ThrowsAsync<SqlUnavailableException>(() =>
                new SqlQuotaLogStore(dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance).WriteAsync([entry], default));

            Assert.Equal(("SQL", false), (failure.Store, failure.IsLasting));
            Assert.NotNull(failure.Reason);
            Assert.NotNull(failure.InnerException);
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(start)}.");
        }
    }
}
