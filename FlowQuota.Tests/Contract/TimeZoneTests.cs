using FlowQuota.Functions.Http;
using FlowQuota.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects times in a zone with summer time: skipped hours, hours that come twice, and days of 23 and 25 hours.</summary>
public sealed class TimeZoneTests
{
    private readonly TimeZoneFormatter _newYork = new(FlowQuotaSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("ADMIN_TOKEN", "admin-token-0123456789-0123"), new("TOKEN_PEPPER", "pepper-0123456789-0123456789-0123"),
            new("REDIS_CONNECTION", "localhost"), new("FLOW_TIME_ZONE", "America/New_York"),
        ]).Build(),
        migrateByDefault: false, requireMySql: false), TimeProvider.System);

    [Theory]
    [InlineData("2027-03-14 01:59:59", "2027-03-14 06:59:59")]
    [InlineData("2027-03-14 02:30:00", "2027-03-14 07:00:00")]
    [InlineData("2027-03-14 03:00:00", "2027-03-14 07:00:00")]
    [InlineData("2027-07-01", "2027-07-01 04:00:00")]
    [InlineData("2027-12-01", "2027-12-01 05:00:00")]
    [InlineData("2099-07-01", "2099-07-01 04:00:00")]
    public void A_time_of_the_zone_is_read_as_the_instant_that_its_clocks_show(string local, string utc)
    {
        Assert.True(_newYork.TryParse(local, out var read, out bool isDate));
        Assert.Equal(utc, $"{read:yyyy-MM-dd HH:mm:ss}");
        Assert.Equal(local.Length == 10, isDate);
    }

    [Theory]
    [InlineData("2027-03-14", 23)]
    [InlineData("2027-03-15", 24)]
    [InlineData("2027-11-07", 25)]
    public void A_day_ends_where_the_next_begins(string day, int hours)
    {
        Assert.True(_newYork.TryParse(day, out var start, out _));
        Assert.Equal(TimeSpan.FromHours(hours), _newYork.EndOfDay(start) - start);
    }

    [Fact]
    public void Both_ends_of_the_calendar_are_told_without_failing()
    {
        foreach (var utc in new[] { DateTime.UnixEpoch, new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc) })
            Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", _newYork.Format(utc));
    }
}
