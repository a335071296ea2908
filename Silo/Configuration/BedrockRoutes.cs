using System.Collections.Frozen;
using System.Text.RegularExpressions;
using OrleansLlm.Providers.Bedrock;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// What LiteLLM takes before the id of one of Bedrock's models: by which of its APIs it is asked (here all are by Converse), in which region, and what a model with an id of
/// its own is like. <c>model_id</c> is the id where the name says only what it is.
/// </summary>
internal static partial class BedrockRoutes
{
    /// <summary>Of models with an ARN of one's own: whose words they speak, and what they are like here.</summary>
    private static readonly FrozenDictionary<string, string> Families = new Dictionary<string, string>
    {
        ["llama"] = "meta.llama", ["deepseek_r1"] = "deepseek.r1", ["qwen2"] = "qwen.qwen2", ["qwen3"] = "qwen.qwen3", ["nova"] = "amazon.nova", ["nova-2"] = "amazon.nova-2", ["moonshot"] = "moonshot.kimi",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>LiteLLM's ways to other services of AWS's than Converse.</summary>
    private static readonly FrozenSet<string> Others =
        new[] { "agent", "agentcore", "async_invoke", "converse_like", "claude_platform", "mantle", "openai", "stability" }.ToFrozenSet(StringComparer.Ordinal);

    /// <returns>Null: it cannot be asked; that is reported.</returns>
    public static ModelRoute? Read(ConfigSection p, string model)
    {
        var path = p.PathOf("model");
        var id = BedrockModel.WithoutRoute(model);
        if (model.StartsWith("invoke/", StringComparison.Ordinal)) p.Report.Translated(path, p.Line, $"bedrock/{id}, which is asked over Converse");
        var first = id.Split('/')[0];
        if (Others.Contains(first) && first.Length < id.Length)
        {
            p.Report.LeftOut(path, p.Line, $"of Bedrock's APIs only Converse is asked by this version, and bedrock/{first}/ is another one");
            return null;
        }

        var route = new ModelRoute(id);
        if (first.Length < id.Length && Region().IsMatch(first)) route = route with { Model = id[(first.Length + 1)..], Region = first };
        else if (first.Length < id.Length && Families.TryGetValue(first, out var like)) route = route with { Model = id[(first.Length + 1)..], Like = like };
        if (p.String("model_id", "the id that is asked for") is { Length: > 0 } own) route = route with { Model = own, Like = route.Like ?? route.Model };
        if (route.Model.Length == 0)
        {
            p.Report.LeftOut(path, p.Line, $"names no model after 'bedrock/{first}/'");
            return null;
        }

        return OfArn(route.Model) is { } region ? route with { Region = region } : route;
    }

    /// <summary><c>arn:aws:bedrock:REGION:…</c>; null: it is none.</summary>
    private static string? OfArn(string id) => id.Split(':') is ["arn", _, "bedrock", { Length: > 0 } region, ..] ? region : null;

    [GeneratedRegex(@"^[a-z]{2}(-[a-z]+)+-\d+$")]
    private static partial Regex Region();
}
