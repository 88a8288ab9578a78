using FlowQuota.Tests.Contract;
using Xunit;

namespace FlowQuota.Tests.Auditing;

public sealed class EmbeddedBooksMutationTests(EmbeddedContractApp app) : BooksMutationSuite(app), IClassFixture<EmbeddedContractApp>;
