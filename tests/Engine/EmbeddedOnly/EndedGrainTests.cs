using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Support;

namespace OrleansLlm.Engine.EmbeddedOnly;

public sealed class EndedGrainTests
{
    private const int Grains = 200;

    /// <summary>The clock stands still, so nothing that looks once in a while does.</summary>
    [Fact]
    public async Task GrainsThatEnded_AreNotKept()
    {
        using var host = await EngineFixture.StartAsync(services: services => services.AddSingleton<TimeProvider>(new ManualTime()).AddSingleton<Born>());
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        for (var i = 0; i < Grains; i++) await grains.GetGrain<IEndedGrain>($"{i}").LeaveAsync();

        var born = host.Services.GetRequiredService<Born>();
        Assert.Equal(Grains, born.Instances.Count);
        await Witness.Until(
            () =>
            {
                GC.Collect();
                // A register or a thread's last work may hold one or the other for as long as they like.
                return born.Instances.Count(instance => instance.IsAlive) < Grains / 2;
            },
            "most are gone");
        await host.StopAsync();
    }
}
