using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetReservationTests(EmbeddedStores stores) : ReservationSuite(stores), IClassFixture<EmbeddedStores>;
