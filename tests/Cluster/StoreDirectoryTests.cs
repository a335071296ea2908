using Orleans.GrainDirectory;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Whatever the client of the store fails with, whoever looks for a grain has lost contact, and no fault of the gateway is told.</summary>
public class StoreDirectoryTests
{
    private static readonly GrainAddress Address = new() { GrainId = GrainId.Create("a", "b"), SiloAddress = SiloAddress.Zero, ActivationId = ActivationId.NewId() };

    [Fact]
    public async Task EveryFailure_IsLostContact_InPlainWords()
    {
        using var metrics = new GatewayMetrics();
        foreach (var failure in new Exception[] { new InvalidOperationException("Reading is not allowed after reader was completed."), new ObjectDisposedException("pipe"), new TaskCanceledException() })
        {
            await using var directory = new StoreDirectory(new Failing(failure), metrics.Process);
            foreach (var ask in new Func<Task>[]
            {
                () => directory.Lookup(Address.GrainId), () => directory.Register(Address), () => directory.Register(Address, null), () => directory.Unregister(Address), () => directory.UnregisterSilos([]),
            })
            {
                var told = await Assert.ThrowsAsync<OrleansException>(ask);
                Assert.True(LostContact.Is(told));
                Assert.Null(told.InnerException);
                Assert.DoesNotContain(failure.Message, told.Message, StringComparison.Ordinal);
            }
        }
    }

    private sealed class Failing(Exception failure) : IGrainDirectory
    {
        public Task<GrainAddress?> Register(GrainAddress address) => Task.FromException<GrainAddress?>(failure);

        public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => throw failure;

        public Task Unregister(GrainAddress address) => Task.FromException(failure);

        public Task<GrainAddress?> Lookup(GrainId grainId) => throw failure;

        public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.FromException(failure);
    }
}
