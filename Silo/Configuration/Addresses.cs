using System.Diagnostics.CodeAnalysis;
using OrleansLlm.Providers;

namespace OrleansLlm.Silo.Configuration;

/// <summary>Addresses of backends, in one spelling each.</summary>
internal static class Addresses
{
    private static readonly string[] OpenAisChat = ["/chat/completions"];
    private static readonly string[] OllamasChat = ["/api/chat", "/api/generate"];

    /// <summary>Names of this machine that mean one server of it. Other numbers of 127.0.0.0/8 may be another's.</summary>
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "::1"];

    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? address)
    {
        var candidate = text?.Trim() ?? "";
        // OLLAMA_HOST and friends are often written without a scheme.
        if (!candidate.Contains("://", StringComparison.Ordinal)) candidate = "http://" + candidate;
        if (Uri.TryCreate(candidate, UriKind.Absolute, out address) && address.Scheme is "http" or "https" && address.Host.Length > 0) return true;
        address = null;
        return false;
    }

    /// <summary>The whole address of a chat, which LiteLLM uses as it stands for many services: what the others of the same service are behind.</summary>
    /// <param name="ending">What was taken off; null: nothing.</param>
    public static Uri WithoutChat(Uri address, UpstreamWire wire, out string? ending)
    {
        var path = address.AbsolutePath.TrimEnd('/');
        ending = ChatEnding(path, wire switch { UpstreamWire.OpenAi => OpenAisChat, UpstreamWire.Ollama => OllamasChat, _ => [] });
        return ending is null ? address : new UriBuilder(address) { Path = path[..^ending.Length] }.Uri;
    }

    /// <summary>
    /// Scheme, host, port and path, without user name, query, what a chat is asked at, or the <c>/v1</c> of the OpenAI door: an Ollama that is reached both ways
    /// is one container.
    /// </summary>
    public static string Normalise(Uri address)
    {
        var text = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
        if (ChatEnding(address.AbsolutePath.TrimEnd('/'), [.. OpenAisChat, .. OllamasChat]) is { } ending) text = text[..^ending.Length].TrimEnd('/');
        // Not of a host that is called so.
        return text.EndsWith("/v1", StringComparison.Ordinal) && !text.EndsWith("://v1", StringComparison.Ordinal) ? text[..^3].TrimEnd('/') : text;
    }

    /// <summary>As <see cref="Normalise"/>, with one name for this machine where it is written as one of several.</summary>
    public static string OneLoopback(Uri address) =>
        Normalise(Loopback.Contains(address.IdnHost, StringComparer.OrdinalIgnoreCase) ? new UriBuilder(address) { Host = Loopback[0] }.Uri : address);

    /// <summary>What was written where an address should be, without the places in which secrets stand: a user name and password, and a query.</summary>
    public static string Shown(string text)
    {
        var query = text.IndexOfAny(['?', '#']);
        if (query >= 0) text = text[..query] + "…";
        var scheme = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0;
        return text.LastIndexOf('@') is var user && user >= scheme ? text[..scheme] + "…" + text[user..] : text;
    }

    public static bool SameServer(Uri a, Uri b) =>
        Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static string? ChatEnding(string path, string[] endings) => Array.Find(endings, ending => path.EndsWith(ending, StringComparison.Ordinal));
}
