using Dapper;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the response to a defect: 500 in the envelope, the request's id for the log, and no internal detail.</summary>
public sealed class InternalErrorTests
{
    [Fact]
    public async Task A_defect_is_500_and_tells_nothing_of_the_inside()
    {
        await using var world = TestWorld.Embedded();
        var app = await ContractApp.StartAsync(world);
        await using (var connection = await app.Sql.OpenAsync(default))
        {
            await connection.ExecuteAsync(
                "INSERT INTO quota_cleanup_runs (started_at, completed_at, retention_days) VALUES ('no time', 'no time', 180)");
        }

        var answer = await app.AdminAsync(HttpMethod.Get, "/flow/quota/cleanup/stats");

        Envelope.Refused(answer, 500, "InternalError");
        foreach (string inside in new[] { "SQL", "quota_cleanup_runs", "no time", "Exception", " at ", world.Folder })
            Assert.DoesNotContain(inside, answer.Body.GetRawText(), StringComparison.OrdinalIgnoreCase);
    }
}
