using System.Text.Json.Nodes;
using OrleansLlm.Api.Doors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Responses;

/// <summary>Tools that a service runs by itself (https://platform.openai.com/docs/guides/tools).</summary>
/// <param name="AreForwarded">Whoever may answer is asked at OpenAI's own Responses API.</param>
/// <param name="MaySearch">Whoever may answer can be told to search the web.</param>
/// <param name="KnowBreakpoints">Whoever may answer is OpenAI or Azure, which alone take a place up to where a prompt is cached (<c>prompt_cache_breakpoint</c>).</param>
internal readonly record struct HostedTools(bool AreForwarded, bool MaySearch, bool KnowBreakpoints = false)
{
    /// <summary>What the model that is asked can, and each that may stand in for it: one that cannot would refuse the request.</summary>
    public static HostedTools Of(GatewayCatalog catalog, ResponseBody body)
    {
        // Whom a request names itself is looked at later, and may be anybody.
        if (body.Text("model") is not { } model || body.Json["fallbacks"] is not null) return default;
        var facts = catalog.Routing.StandInsFor(model, [], disabled: false, most: null).Prepend(model).Select(name => new ModelFacts(catalog.FindGroup(name))).ToList();
        return new HostedTools(facts.TrueForAll(f => f.IsAtResponses), facts.TrueForAll(f => f.SearchesTheWeb), facts.TrueForAll(f => f.KnowsOnlyOpenAisWords));
    }

    /// <summary>By their type: not those of whose work more than a text and its sources would have to come back.</summary>
    public static bool ComeBack(string type) => IsSearch(type) || type is "file_search" or "code_interpreter";

    /// <summary><c>web_search</c>, <c>web_search_preview</c>, and the same of a date.</summary>
    public static bool IsSearch(string type) => type.StartsWith("web_search", StringComparison.Ordinal);

    /// <summary>Codex wants no more by the rule than what OpenAI has stored of the web: nobody else has that.</summary>
    public static bool MayGoOut(JsonObject search) => search["external_web_access"] is not JsonValue may || !may.TryGetValue(out bool goes) || goes;

    /// <summary>A search as a chat asks for it: the place lies one level deeper there.</summary>
    public static JsonObject SearchOptions(JsonObject search)
    {
        var options = new JsonObject();
        if (search["search_context_size"] is { } size) options["search_context_size"] = size.DeepClone();
        if (search["user_location"] is not JsonObject place) return options;
        var approximate = new JsonObject();
        foreach (var (name, value) in place)
        {
            if (name != "type") approximate[name] = value?.DeepClone();
        }

        options["user_location"] = new JsonObject { ["type"] = "approximate", ["approximate"] = approximate };
        return options;
    }
}
