using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Anthropic;

/// <summary>The header by which a client asks for what Anthropic still tries out: fields of the body are refused there without the flag they belong to.</summary>
internal static class AnthropicBetas
{
    public const string Header = "anthropic-beta";

    /// <summary>A client sends about ten flags.</summary>
    private const int Longest = 2048;

    /// <param name="dropped">Takes the header's name where it cannot be passed on.</param>
    /// <returns>All its lines as one list; null: it asks for nothing, or for more than is passed on.</returns>
    public static string? Read(IHeaderDictionary headers, List<string> dropped)
    {
        if (!headers.TryGetValue(Header, out var lines)) return null;
        var betas = lines.ToString();
        if (string.IsNullOrWhiteSpace(betas)) return null;
        if (betas.Length <= Longest && betas.All(IsOfAList)) return betas;
        dropped.Add(Header);
        return null;
    }

    /// <summary>Nothing that could end a header or begin another.</summary>
    private static bool IsOfAList(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ',' or ' ';
}
