using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Where a request comes from.</summary>
internal static class ClientAddress
{
    public static string Of(HttpContext context, GatewaySettings settings)
    {
        // The last entry is what our own proxy has seen; those before it are what the client says.
        if (settings.Access.TrustForwardedFor && context.Request.Headers["X-Forwarded-For"].LastOrDefault() is { } forwarded)
        {
            var last = forwarded[(forwarded.LastIndexOf(',') + 1)..].Trim();
            if (IPAddress.TryParse(last, out var client)) return Plain(client).ToString();
            // Some proxies write the port as well.
            if (IPEndPoint.TryParse(last, out var withPort)) return Plain(withPort.Address).ToString();
        }

        return context.Connection.RemoteIpAddress is { } address ? Plain(address).ToString() : "unknown";
    }

    /// <summary>What failed attempts are counted by: of an IPv6 address the network, since whoever has one has all of it.</summary>
    public static string NetworkOf(string address)
    {
        if (!IPAddress.TryParse(address, out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6) return address;
        return new IPAddress([.. ip.GetAddressBytes().AsSpan(0, 8), .. new byte[8]]) + "/64";
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
