using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansLlm.Silo.CommandLine;

/// <summary><c>--url</c>: where the gateway is that a command asks.</summary>
internal static class GatewayUrl
{
    public static Option<string?> Create()
    {
        var url = new Option<string?>("--url") { Description = "The gateway's address; else http://127.0.0.1 and PORT, else port 4000." };
        url.Validators.Add(Check);
        return url;
    }

    private static void Check(OptionResult result)
    {
        if (result.GetValueOrDefault<string?>() is not { } text) return;
        // "localhost:4000" is an address as well, of a scheme that is called localhost.
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https" }) return;
        result.AddError($"--url: expected an address that begins with http:// or https://, such as http://localhost:4000; found '{text}'.");
    }
}
