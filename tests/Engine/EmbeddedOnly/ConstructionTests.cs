using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>What the caller is told of a grain that could not be made, and what a parameter without a service is.</summary>
public sealed class ConstructionTests(EngineFixture engine)
{
    [Fact]
    public async Task AConstructorThatThrows_IsSeenAsItsOwnException() =>
        Assert.Equal("not today", (await Assert.ThrowsAsync<NotSupportedException>(() => engine.Grains.GetGrain<IUnmakeableGrain>("a").AskAsync())).Message);

    [Fact]
    public async Task AServiceThatNobodyRegistered_IsNamed()
    {
        var refused = await Assert.ThrowsAsync<OrleansException>(() => engine.Grains.GetGrain<INeedyGrain>("a").AskAsync());
        Assert.Contains("'missing'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(MissingThing), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AParameterWithADefault_NeedsNoService() => Assert.Equal("7, no thing", await engine.Grains.GetGrain<IModestGrain>("a").AskAsync());

    /// <summary>More than once: the first instances of a class may be made in another way than all later ones.</summary>
    [Fact]
    public async Task ASingleton_IsTheSameForAll()
    {
        using var host = await EngineFixture.StartAsync(services: s => s.AddSingleton<SingleThing>());
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        for (var i = 0; i < 10; i++) Assert.Equal(1, await grains.GetGrain<ISingleGrain>($"{i}").AskAsync());
        await host.StopAsync();
    }
}

public interface IUnmakeableGrain : IGrainWithStringKey
{
    Task AskAsync();
}

public interface INeedyGrain : IGrainWithStringKey
{
    Task AskAsync();
}

public interface IModestGrain : IGrainWithStringKey
{
    Task<string> AskAsync();
}

public interface ISingleGrain : IGrainWithStringKey
{
    Task<int> AskAsync();
}

/// <summary>Nobody registers it.</summary>
public sealed class MissingThing;

/// <summary>Knows how many there are.</summary>
public sealed class SingleThing(Witness witness)
{
    public int Number { get; } = witness.Add("single");
}

internal sealed class UnmakeableGrain : Grain, IUnmakeableGrain
{
    public UnmakeableGrain() => throw new NotSupportedException("not today");

    public Task AskAsync() => Task.CompletedTask;
}

internal sealed class NeedyGrain(MissingThing missing) : Grain, INeedyGrain
{
    public Task AskAsync() => Task.FromResult(missing);
}

internal sealed class ModestGrain(int number = 7, MissingThing? thing = null) : Grain, IModestGrain
{
    public Task<string> AskAsync() => Task.FromResult($"{number}, {(thing is null ? "no thing" : "a thing")}");
}

internal sealed class SingleGrain(SingleThing thing) : Grain, ISingleGrain
{
    public Task<int> AskAsync() => Task.FromResult(thing.Number);
}
