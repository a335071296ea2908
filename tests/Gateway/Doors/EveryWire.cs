using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>One gateway with a model behind each wire, named after its provider.</summary>
public sealed class EveryWire : IAsyncLifetime
{
    public static readonly string[] Providers = ["ollama_chat", "openai", "openai/responses", "anthropic", "gemini"];

    private SimulatedOllama? _backend;
    private TestGateway? _gateway;

    internal TestGateway Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        _backend = await Setup.OllamaAsync();
        _gateway = await TestGateway.StartAsync(Setup.Config(string.Concat(Providers.Select(p => DoorGateway.Model(p, _backend, p)))));
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        if (_backend is not null) await _backend.DisposeAsync();
    }
}
