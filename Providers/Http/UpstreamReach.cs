using System.Net;
using System.Net.Sockets;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// Which addresses backends may have. Whoever adds a backend says where requests go, and a link-local address answers with the credentials of the machine
/// (169.254.169.254). Names are judged by what they resolve to at the moment of connecting, so that a name that changes its mind gains nothing.
/// </summary>
/// <param name="allowsLinkLocal">Asked for every new connection.</param>
public sealed class UpstreamReach(Func<bool> allowsLinkLocal)
{
    /// <summary>Where clouds answer their machines, though it is not link-local: Azure, Oracle, Alibaba, and Amazon by IPv6.</summary>
    private static readonly IPAddress[] Metadata =
        [new([168, 63, 129, 16]), new([192, 0, 0, 192]), new([100, 100, 100, 200]), IPAddress.Parse("fd00:ec2::254")];

    public static UpstreamReach Anywhere { get; } = new(static () => true);

    /// <summary>Whether an address is one that only the machine itself should ask.</summary>
    public static bool IsLinkLocal(IPAddress address)
    {
        address = Inner(address);
        if (Metadata.Contains(address)) return true;
        return address.AddressFamily == AddressFamily.InterNetwork
            ? address.GetAddressBytes() is [169, 254, ..]
            : address.IsIPv6LinkLocal;
    }

    /// <summary>The IPv4 address that one of IPv6 stands for: a network that translates (NAT64, 64:ff9b::/96) or tunnels (6to4, 2002::/16) leads there.</summary>
    private static IPAddress Inner(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        return bytes switch
        {
            _ when address.IsIPv4MappedToIPv6 => address.MapToIPv4(),
            [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => new IPAddress(bytes.AsSpan(12)),
            [0x20, 0x02, ..] => new IPAddress(bytes.AsSpan(2, 4)),
            _ => address,
        };
    }

    /// <summary>Of a proxy's requests the target is never connected to from here: what its address says must do.</summary>
    /// <exception cref="HttpRequestException">It is an address that may not be asked.</exception>
    internal void Check(Uri target)
    {
        if (IPAddress.TryParse(target.IdnHost, out var address) && IsLinkLocal(address) && !allowsLinkLocal()) throw Refused(target.Host);
    }

    /// <exception cref="HttpRequestException">None of its addresses may be asked.</exception>
    internal async ValueTask<Stream> ConnectAsync(DnsEndPoint to, CancellationToken cancellationToken)
    {
        var addresses = await NameLookups.OfTheSystem.AddressesAsync(to.Host, cancellationToken).ConfigureAwait(false);
        if (!allowsLinkLocal()) addresses = [.. addresses.Where(a => !IsLinkLocal(a))];
        if (addresses.Length == 0) throw Refused(to.Host);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, to.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static HttpRequestException Refused(string host) => new(
        HttpRequestError.ConnectionError, $"{host} is a link-local address, which no backend may have (gateway_settings.allow_link_local_backends)");
}
