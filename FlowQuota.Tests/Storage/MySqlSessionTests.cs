using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>A client that freezes or hangs does not hold up the others for long.</summary>
public sealed class MySqlSessionTests(MySqlFixture sql) : IClassFixture<MySqlFixture>
{
    [ServerFact(MySql = true)]
    public async Task The_server_ends_a_transaction_whose_client_froze_within_a_minute()
    {
        Assert.Equal([(60, 5)], await sql.QueryAsync<(int, int)>("SELECT @@SESSION.wait_timeout, @@SESSION.innodb_lock_wait_timeout"));
    }
}
