using System.Text;
using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Docs;

/// <summary>The tables of docs/providers.md are what the code does: one is printed from the table of providers, the other from tried requests.</summary>
public sealed class ProvidersDocTests
{
    private const string Tool = """{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}""";
    private const string Image = """{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"URL"}}]}]}""";

    private static readonly (string Feature, string Body)[] Features =
    [
        ("system prompts", """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"x"}]}"""),
        ("tools", $$"""{"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}]}"""),
        ("`tool_choice`", $$"""{"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}],"tool_choice":"required"}"""),
        ("`parallel_tool_calls: false`", $$"""{"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}],"parallel_tool_calls":false}"""),
        ("images in the request", Image.Replace("URL", "data:image/png;base64,aGk=", StringComparison.Ordinal)),
        ("images by address", Image.Replace("URL", "https://example.com/a.png", StringComparison.Ordinal)),
        ("PDF files in the request", """{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,aGk="}},{"type":"text","text":"x"}]}]}"""),
        ("audio in the request", """{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"aGk=","format":"wav"}},{"type":"text","text":"x"}]}]}"""),
        ("`reasoning_effort`, `reasoning_content`", """{"messages":[{"role":"user","content":"x"}],"reasoning_effort":"low"}"""),
        ("`response_format: json_object`", """{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}"""),
        ("`response_format: json_schema`", """{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}}"""),
        ("`n` above 1", """{"messages":[{"role":"user","content":"x"}],"n":2}"""),
        ("`logprobs`", """{"messages":[{"role":"user","content":"x"}],"logprobs":true}"""),
        ("`web_search_options`", """{"messages":[{"role":"user","content":"x"}],"web_search_options":{}}"""),
        ("`seed`", """{"messages":[{"role":"user","content":"x"}],"seed":1}"""),
        ("`stop`", """{"messages":[{"role":"user","content":"x"}],"stop":["y"]}"""),
    ];

    [Fact]
    public async Task TheTables_AreWhatTheCodeDoes()
    {
        var document = (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "providers.md"))).ReplaceLineEndings("\n");

        Assert.Contains(ProviderTable(), document, StringComparison.Ordinal);
        Assert.Contains(await FeatureTableAsync(), document, StringComparison.Ordinal);
    }

    private static string ProviderTable()
    {
        var table = new StringBuilder("| provider | speaks | address | chat | completions | embeddings | does not honour | says otherwise |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var provider in UpstreamProviders.All)
        {
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{provider.Name}` | {Name(provider.Wire)} | {Address(provider)} | {Can(provider, UpstreamOperation.Chat)} | {Can(provider, UpstreamOperation.Completion)} | {Can(provider, UpstreamOperation.Embedding)} | ");
            table.AppendJoin(", ", provider.Unsupported.Order(StringComparer.Ordinal).Select(name => $"`{name}`")).Append(" | ")
                .AppendJoin(", ", provider.Renamed.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"`{r.Key}` is `{r.Value}`")).Append(Limit(provider)).Append(" |\n");
        }

        return table.ToString();
    }

    private static async Task<string> FeatureTableAsync()
    {
        var wires = Enum.GetValues<UpstreamWire>();
        var table = new StringBuilder("| | ").AppendJoin(" | ", wires.Select(Name)).Append(" |\n|---").AppendJoin("", wires.Select(_ => "|---")).Append("|\n");
        await using var harness = await Harness.StartAsync();
        foreach (var (feature, body) in Features)
        {
            table.Append("| ").Append(feature).Append(" |");
            foreach (var wire in wires) table.Append(' ').Append(await TryAsync(harness, wire, body)).Append(" |");
            table.Append('\n');
        }

        return table.ToString();
    }

    private static async Task<string> TryAsync(Harness harness, UpstreamWire wire, string body)
    {
        // Azure's and OpenAI's are one.
        var provider = UpstreamProviders.All.Last(known => known.Wire == wire).Name;
        if (!UpstreamProviders.Find(provider).IsTranslated) return "forwarded";
        try
        {
            await harness.CollectAsync(harness.Request(provider, body) with { Model = "qwen3:think" });
            return harness.Report.DroppedParameters.Count == 0 ? "yes" : "left out";
        }
        catch (UpstreamException refused) when (refused.Failure.CallerFault)
        {
            return "refused";
        }
    }

    private static string Name(UpstreamWire wire) => wire switch
    {
        UpstreamWire.OpenAi => "OpenAI",
        UpstreamWire.VertexAi => "Vertex AI",
        UpstreamWire.VertexClaude => "Vertex AI, Claude",
        UpstreamWire.VertexOpenAi => "Vertex AI, others",
        UpstreamWire.AzureAi => "Azure AI",
        UpstreamWire.Bedrock => "Converse",
        _ => wire.ToString(),
    };

    private static string Limit(UpstreamProvider provider) => provider.ServesOpenAisModels && !provider.IsTranslated
        ? $"`max_tokens` is `max_completion_tokens` for {string.Join(", ", OpenAiFamilies.All.Select(family => $"`{family}`"))}" : "";

    private static string Address(UpstreamProvider provider) => provider.DefaultBase is { } address ? $"`{address}`" : provider.Wire switch
    {
        UpstreamWire.VertexAi or UpstreamWire.VertexClaude or UpstreamWire.VertexOpenAi => "by `vertex_location`",
        UpstreamWire.Bedrock => "by `aws_region_name`",
        _ => "`api_base`",
    };

    private static string Can(UpstreamProvider provider, UpstreamOperation operation) => provider.Operations.Contains(operation) ? "yes" : "no";
}
