using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetAdmissionTests(EmbeddedStores stores) : AdmissionSuite(stores), IClassFixture<EmbeddedStores>;
