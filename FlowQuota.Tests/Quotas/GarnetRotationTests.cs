using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetRotationTests(EmbeddedStores stores) : RotationSuite(stores), IClassFixture<EmbeddedStores>;
