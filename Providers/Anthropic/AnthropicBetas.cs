namespace OrleansLlm.Providers.Anthropic;

/// <summary>What a call asks for that Anthropic still tries out: a list of flags, from whoever has any.</summary>
internal static class AnthropicBetas
{
    public const string Header = "anthropic-beta";

    /// <summary>A token from a login wants it.</summary>
    private const string Login = "oauth-2025-04-20";

    /// <summary>The gateway's own flags, the configuration's and the client's, each once; empty: none.</summary>
    public static string Of(UpstreamRequest request, bool isLogin) => string.Join(',',
        new[] { isLogin ? Login : "", Configured(request) ?? "", request.AnthropicBeta ?? "" }
            .SelectMany(list => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Distinct(StringComparer.Ordinal));

    /// <summary>The configuration's flags are in the list already, and must not stand in its place.</summary>
    public static UpstreamRequest WithoutConfigured(UpstreamRequest request) => Configured(request) is null
        ? request
        : request with { Headers = request.Headers.Where(header => !IsBeta(header.Key)).ToDictionary() };

    private static string? Configured(UpstreamRequest request) => request.Headers.FirstOrDefault(header => IsBeta(header.Key)).Value;

    private static bool IsBeta(string name) => name.Equals(Header, StringComparison.OrdinalIgnoreCase);
}
