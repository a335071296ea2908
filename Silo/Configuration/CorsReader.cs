using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.access.cors_origins</c>, else <c>LITELLM_CORS_ORIGINS</c>: whose web pages may ask.</summary>
internal static class CorsReader
{
    private const string Anyone = "*";
    private const string Variable = "LITELLM_CORS_ORIGINS";
    private const string Expected = "expected * or an origin such as https://chat.example.com";

    /// <param name="access">Null: there is no such section.</param>
    public static ImmutableArray<string> Read(ConfigSection? access, ConfigReport report, Func<string, string?> variable)
    {
        if (access?.Strings("cors_origins", note: "web pages of these origins may ask, with a key") is { } listed)
            return [.. listed.Select(origin => Checked(origin, access.PathOf("cors_origins"), access.Line, report)).OfType<string>()];
        var said = (variable(Variable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. said.Select(origin => Checked(origin, Variable, 0, report)).OfType<string>()];
    }

    /// <returns>As a browser writes it; null: it is none.</returns>
    private static string? Checked(string text, string path, int line, ConfigReport report)
    {
        if (text == Anyone) return text;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Host.Length > 0 && address is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" })
            return address.GetLeftPart(UriPartial.Authority);
        // The environment stops no start: without the origin less is allowed, and not more.
        if (path == Variable) report.Warning(path, line, $"{Expected}, found '{text}'");
        else report.Error(path, line, $"{Expected}, found '{text}'");
        return null;
    }
}
