using System.Collections.Frozen;
using System.Text.RegularExpressions;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>What the id of a model of Amazon Bedrock says: <c>us.anthropic.claude-sonnet-4-5-20250929-v1:0</c>, or the ARN of one.</summary>
/// <param name="Scope">Where an inference profile may send a request: <c>us</c>, <c>global</c>…; null: nowhere else.</param>
/// <param name="Maker"><c>anthropic</c>, <c>amazon</c>…; null: the id does not say it, as that of an application's profile.</param>
/// <param name="Name">Without all that, and without its version: <c>claude-sonnet-4-5-20250929</c>.</param>
public sealed partial record BedrockModel(string? Scope, string? Maker, string Name)
{
    private const string Claude = "anthropic";

    private static readonly FrozenSet<string> Scopes = new[] { "global", "us", "us-gov", "eu", "apac", "jp", "au", "ca" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Makers = new[]
    {
        "ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot", "moonshotai", "nvidia", "openai", "qwen", "stability", "twelvelabs",
        "writer", "zai",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>A model that does not say who has made it is taken for one of these: they are what most ask for there.</summary>
    internal bool IsClaude => Maker is null or Claude;

    internal bool IsNova => Maker == "amazon" && Name.StartsWith("nova", StringComparison.Ordinal);

    /// <summary>It knows places up to which a prompt is cached; other models refuse a request that has one.</summary>
    internal bool CachesPrompts => IsClaude || IsNova;

    /// <summary>It can be made to call one tool.</summary>
    internal bool CanBeForced => IsNova || (IsClaude && ClaudeModels.CanBeForced(Name));

    /// <summary>It can be made to call any.</summary>
    internal bool CanBeMadeToCall => CanBeForced || Maker == "mistral";

    /// <summary>It answers as <c>outputConfig</c> says, and takes strict tools: Claude from 4.5 on.</summary>
    internal bool HasOutputFormat => IsClaude && ClaudeModels.HasOutputFormat(Name) && !Name.Contains("opus-4-1", StringComparison.Ordinal);

    /// <summary>Tools and a stream do not go together.</summary>
    internal bool StreamsNoCalls => Maker == "meta";

    /// <param name="id">With LiteLLM's <c>bedrock/</c>, <c>converse/</c> or <c>invoke/</c> or without.</param>
    public static BedrockModel Of(string id)
    {
        id = WithoutRoute(id);
        if (id.StartsWith("arn:", StringComparison.Ordinal)) id = NamedBy(id);
        var parts = id.Split('.', 3);
        var scope = parts.Length > 1 && Scopes.Contains(parts[0]) ? parts[0] : null;
        var rest = scope is null ? id : id[(scope.Length + 1)..];
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        var maker = dot > 0 && Makers.Contains(rest[..dot]) ? rest[..dot] : null;
        return maker is null ? new BedrockModel(null, IsClaudes(id) ? Claude : null, Version().Replace(id, "")) : new BedrockModel(scope, maker, Version().Replace(rest[(dot + 1)..], ""));
    }

    /// <summary>Without LiteLLM's words before the id.</summary>
    public static string WithoutRoute(string model)
    {
        foreach (var word in (ReadOnlySpan<string>)["bedrock/", "converse/", "invoke/"])
        {
            if (model.StartsWith(word, StringComparison.Ordinal)) model = model[word.Length..];
        }

        return model;
    }

    internal static BedrockModel Of(UpstreamRequest request) => Of(request.BaseModel is { Length: > 0 } like ? like : request.Model);

    /// <summary>The id at the end of <c>arn:aws:bedrock:us-east-1:1234:inference-profile/us.anthropic.claude…</c>; others have one that says nothing.</summary>
    private static string NamedBy(string arn) => arn.Contains(":inference-profile/", StringComparison.Ordinal) || arn.Contains(":foundation-model/", StringComparison.Ordinal)
        ? arn[(arn.LastIndexOf('/') + 1)..] : arn;

    /// <summary>A base model in Anthropic's own words.</summary>
    private static bool IsClaudes(string name) => name.StartsWith("claude-", StringComparison.Ordinal) || name.StartsWith("anthropic/claude-", StringComparison.Ordinal);

    [GeneratedRegex(@"(-v\d+)?(:\d+)?(:\d+k)?(\[\w+\])?$")]
    private static partial Regex Version();
}
