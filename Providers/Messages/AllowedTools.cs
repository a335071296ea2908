using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// <c>tool_choice: {"type": "allowed_tools"}</c>: some of the tools, and whether one of them must be called. Who has no word for it is told of these
/// tools alone.
/// </summary>
/// <param name="Mode"><c>auto</c> or <c>required</c>, as a choice of its own.</param>
internal sealed record AllowedTools(JsonElement Mode, HashSet<string> Names)
{
    /// <returns>Null: the choice is another.</returns>
    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static AllowedTools? Of(JsonElement choice)
    {
        if (ChatMessage.String(choice, "type") != "allowed_tools") return null;
        const string where = "tool_choice.allowed_tools";
        if (!choice.TryGetProperty("allowed_tools", out var allowed) || allowed.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
        if (!allowed.TryGetProperty("mode", out var mode) || !(mode.ValueKind == JsonValueKind.String && (mode.ValueEquals("auto"u8) || mode.ValueEquals("required"u8))))
            throw UpstreamException.CallerFault(where + ".mode", $"{where}.mode must be auto or required.");
        if (!allowed.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array) throw UpstreamException.CallerFault(where + ".tools", $"{where}.tools must be an array.");
        return new AllowedTools(mode, [.. tools.EnumerateArray().Select(NameOf).OfType<string>()]);
    }

    /// <summary>A tool of the service's own has no name, and is nobody's to forbid.</summary>
    public bool Has(JsonElement tool) => NameOf(tool) is not { } name || Names.Contains(name);

    /// <summary>Of a tool, or of a choice that names one.</summary>
    public static string? NameOf(JsonElement tool) =>
        tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out var function) ? ChatMessage.String(function, "name") : ChatMessage.String(tool, "name");
}
