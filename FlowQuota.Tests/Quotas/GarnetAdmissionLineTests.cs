using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetAdmissionLineTests(EmbeddedStores stores) : AdmissionBatcherSuite(stores), IClassFixture<EmbeddedStores>;
