using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Engine;

public sealed class ReferenceTests(EngineFixture engine)
{
    private readonly string _key = $"ref-{TestContext.Current.Test!.UniqueID}";

    private IMeetingGrain Grain => engine.Grains.GetGrain<IMeetingGrain>(_key);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void EmptyKey_IsRefused(string? key) => Assert.ThrowsAny<ArgumentException>(() => engine.Grains.GetGrain<IMeetingGrain>(key!));

    [Fact]
    public async Task Reference_PassesAsAnArgument()
    {
        var other = engine.Grains.GetGrain<IMeetingGrain>(_key + "-other");
        Assert.Equal(_key + "-other", await Grain.AskAsync(other));
    }

    [Fact]
    public async Task AsReference_NamesTheSameGrain()
    {
        var self = await Grain.SelfAsync();
        Assert.Equal(_key, await self.NameAsync());
        Assert.Equal(Grain, self);
        Assert.Equal(Grain.GetHashCode(), self.GetHashCode());
        Assert.Equal(_key, self.GetPrimaryKeyString());
        Assert.NotEqual(Grain, engine.Grains.GetGrain<IMeetingGrain>(_key + "-other"));
    }

    [Fact]
    public async Task AsReference_MayShowAnotherInterface()
    {
        var other = await Grain.OtherFaceAsync();
        Assert.Equal(_key, other.GetPrimaryKeyString());
        await other.ServicesAsync();
    }

    [Fact]
    public async Task Grain_GetsServicesStatesAndFactory()
    {
        using var host = await EngineFixture.StartAsync();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IHostedGrain>(_key);
        var (sameScope, ownScope, state) = await grain.ServicesAsync();
        Assert.True(sameScope);
        Assert.True(ownScope);
        Assert.Equal("0", state);
        await host.StopAsync();
        await host.Services.GetRequiredService<Witness>().Wait("scoped 1 disposed");
    }

    [Fact]
    public void UnknownClassPrefix_IsRefused() =>
        Assert.ThrowsAny<ArgumentException>(() => engine.Grains.GetGrain<IMeetingGrain>(_key, "No.Such.Class"));
}
