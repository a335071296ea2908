namespace OrleansLlm.Tests.Clients.DotNet;

/// <summary>A gateway over each provider, for all tests of a class.</summary>
public sealed class GatewayOfEach : IAsyncLifetime
{
    private readonly Dictionary<string, ClientGateway> _gateways = [];

    internal ClientGateway this[string provider] => _gateways[provider];

    public async ValueTask InitializeAsync()
    {
        foreach (var provider in ClientGateway.Providers) _gateways[provider] = await ClientGateway.StartAsync(provider);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways.Values) await gateway.DisposeAsync();
    }
}
