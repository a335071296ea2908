using System.Buffers;
using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary>The headers that a deployment's calls get, and the key that goes into one: nothing that would not be one line of HTTP.</summary>
internal static class HeaderReader
{
    /// <summary>RFC 9110, 5.6.2.</summary>
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static ImmutableDictionary<string, string> Read(ConfigSection p)
    {
        var headers = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        if (p.String("organization") is { } organization && Clean(p, "organization", organization) is { } sent) headers["OpenAI-Organization"] = sent;
        // LiteLLM knows both names.
        foreach (var key in (string[])["headers", "extra_headers"])
        {
            if (p.Map(key) is not { } map) continue;
            p.Report.Honoured(p.PathOf(key), map.Line);
            foreach (var entry in map.Entries) Add(p.Report, $"{p.PathOf(key)}.{entry.Key}", entry, headers);
        }

        return headers.ToImmutable();
    }

    /// <summary>Without the white space around it, which files and variables often end in.</summary>
    /// <returns>Null after an error that is reported.</returns>
    public static string? Clean(ConfigSection p, string key, string value) => Clean(p.Report, p.PathOf(key), p.Take(key)?.Line ?? p.Line, value);

    private static string? Clean(ConfigReport report, string path, int line, string value)
    {
        var trimmed = value.Trim();
        if (trimmed.All(c => c is >= ' ' and <= '~' or '\t')) return trimmed;
        report.Error(path, line, "goes into a header: it may have no line breaks, control characters or letters beyond ASCII");
        return null;
    }

    private static void Add(ConfigReport report, string path, ConfigEntry entry, ImmutableDictionary<string, string>.Builder headers)
    {
        if (entry.Key.Length == 0 || entry.Key.AsSpan().ContainsAnyExcept(Token)) report.Error(path, entry.Line, "is no name of a header");
        else if (entry.Value is ConfigScalar { Text: null or "" }) report.Ignored(path, entry.Line, "has no value: not sent");
        else if (entry.Value is not ConfigScalar { Text: { } text }) report.Error(path, entry.Line, $"expected text, found {entry.Value.Describe()}");
        else if (IsOfBody(entry.Key)) report.Ignored(path, entry.Line, "a header of the body, which the gateway writes");
        else if (Clean(report, path, entry.Line, text) is { } value) headers[entry.Key] = value;
    }

    private static bool IsOfBody(string name)
    {
        using var message = new HttpRequestMessage();
        return !message.Headers.TryAddWithoutValidation(name, "");
    }
}
