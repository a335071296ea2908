using System.Collections.Immutable;

namespace OrleansLlm.Api.Live;

/// <summary>Backends that are known to be stand-ins: whatever shows them says so.</summary>
public sealed record SimulatedAddresses(ImmutableArray<Uri> Addresses)
{
    public static SimulatedAddresses None { get; } = new([]);

    public bool Contains(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && Addresses.Any(a => a.Port == address.Port && address.IsLoopback);
}
