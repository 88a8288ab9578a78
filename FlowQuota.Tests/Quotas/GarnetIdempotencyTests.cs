using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetIdempotencyTests(EmbeddedStores stores) : IdempotencySuite(stores), IClassFixture<EmbeddedStores>;
