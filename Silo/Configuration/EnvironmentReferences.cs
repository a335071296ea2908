using System.Text.RegularExpressions;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// Replaces <c>os.environ/NAME</c> (the whole value, LiteLLM's form) and <c>${NAME}</c> or <c>${NAME:-default}</c> (anywhere in a value;
/// LiteLLM passes it on as text, but three of the five known set-ups write it). A name that is not set is reported and gives nothing.
/// </summary>
internal sealed partial class EnvironmentReferences(Func<string, string?> variable)
{
    private const string WholeValuePrefix = "os.environ/";

    public ConfigScalar Resolve(string raw, bool plain, string path, int line, ConfigReport report)
    {
        if (raw.StartsWith(WholeValuePrefix, StringComparison.Ordinal))
        {
            var name = raw[WholeValuePrefix.Length..];
            var value = variable(name);
            if (value is null) report.Unset(path, line, name);
            return new ConfigScalar(line, value, true, raw);
        }

        if (!raw.Contains("${", StringComparison.Ordinal)) return new ConfigScalar(line, raw, plain, raw);
        var missing = false;
        var resolved = Reference().Replace(raw, match =>
        {
            var name = match.Groups["name"].Value;
            if (variable(name) is { Length: > 0 } value) return value;
            if (match.Groups["default"].Success) return match.Groups["default"].Value;
            report.Unset(path, line, name);
            missing = true;
            return "";
        });
        return new ConfigScalar(line, missing && resolved.Length == 0 ? null : resolved, true, raw);
    }

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
