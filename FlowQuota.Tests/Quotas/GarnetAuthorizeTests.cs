using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetAuthorizeTests(EmbeddedStores stores) : AuthorizeSuite(stores), IClassFixture<EmbeddedStores>;
