using System.ClientModel;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Embeddings;
using OrleansLlm.Ledger;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>OpenAI's other doors: completions, embeddings, models, and paths that name the model.</summary>
public class OpenAiDoorTests
{
    [Theory]
    [InlineData("ollama_chat", false)]
    [InlineData("ollama_chat", true)]
    [InlineData("openai", false)]
    [InlineData("openai", true)]
    public async Task ACompletion_IsOfThePublishedType(string provider, bool stream)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, provider));
        var answer = await gateway.PostAsync($$"""{"model":"public","prompt":"Once","stream":{{(stream ? "true" : "false")}},"max_tokens":50}""", path: "/v1/completions");
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        var parts = stream ? DoorGateway.Data(body).ToList() : [JsonDocument.Parse(body).RootElement];
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            // The published type is that of the whole answer and knows no null here, which every chunk but the last has.
            if (!stream) OpenAiTypes.Check("CreateCompletionResponse", part);
            Assert.Equal(("text_completion", "public"), (part.GetProperty("object").GetString(), part.GetProperty("model").GetString()));
            foreach (var choice in part.GetProperty("choices").EnumerateArray()) text.Append(choice.GetProperty("text").GetString());
        }

        Assert.EndsWith("to: Once", text.ToString(), StringComparison.Ordinal);
        if (stream) Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ollama")]
    [InlineData("openai")]
    public async Task Embeddings_AreTheSameInBothEncodings_AndCostTheirPromptOnly(string provider)
    {
        await using var ollama = await Setup.OllamaAsync("embed");
        var config = Setup.Config(Setup.Model("vectors", ollama, provider, "embed"));
        await using var gateway = await TestGateway.StartAsync(config);
        // The official client asks for base64.
        var client = new EmbeddingClient("vectors", new ApiKeyCredential("test"), new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "v1") });
        var packed = (await client.GenerateEmbeddingsAsync(["one", "two"])).Value;
        var plain = await gateway.PostAsync("""{"model":"vectors","input":["one","two"]}""", path: "/v1/embeddings");
        var json = JsonDocument.Parse(await plain.Content.ReadAsStringAsync()).RootElement;
        Assert.True(plain.IsSuccessStatusCode, json.GetRawText());
        OpenAiTypes.Check("CreateEmbeddingResponse", json);
        var vectors = json.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("embedding").EnumerateArray().Select(n => n.GetSingle()).ToArray()).ToList();
        Assert.Equal(2, packed.Count);
        Assert.Equal(vectors[0], packed[0].ToFloats().ToArray());
        Assert.Equal(vectors[1], packed[1].ToFloats().ToArray());
        Assert.NotEqual(vectors[0], vectors[1]);

        var native = JsonDocument.Parse(await (await gateway.PostAsync("""{"model":"vectors","input":["one","two"]}""", path: "/api/embed")).Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(vectors[1], native.GetProperty("embeddings")[1].EnumerateArray().Select(n => n.GetSingle()));
        var old = JsonDocument.Parse(await (await gateway.PostAsync("""{"model":"vectors","prompt":"one"}""", path: "/api/embeddings")).Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(vectors[0], old.GetProperty("embedding").EnumerateArray().Select(n => n.GetSingle()));

        var store = gateway.Services.GetRequiredService<ILedgerReader>();
        IReadOnlyList<LedgerRow> rows = [];
        await Eventually.UntilAsync(async () => (rows = await store.FindAsync(new LedgerQuery())).Count >= 4, "four rows are stored");
        Assert.All(rows, r => Assert.True(r is { Status: LedgerRow.Success, PromptTokens: > 0, CompletionTokens: 0, Stream: false }, r.ToString()));
    }

    [Theory]
    [InlineData("""{"model":"public"}""", "input")]
    [InlineData("""{"model":"public","input":null}""", "input")]
    [InlineData("""{"model":"public","input":[]}""", "input")]
    [InlineData("""{"model":"public","input":["a",1]}""", "input[1]")]
    [InlineData("""{"model":"public","input":[1.5]}""", "input[0]")]
    [InlineData("""{"model":"public","input":[{}]}""", "input[0]")]
    [InlineData("""{"model":"public","input":"x","dimensions":0}""", "dimensions")]
    [InlineData("""{"model":"public","input":"x","conversation_id":"c"}""", "x-conversation-id")]
    public async Task AMistakeInAnEmbedding_IsNamed(string body, string param)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var refused = await gateway.PostAsync(body, path: "/v1/embeddings");
        Assert.Equal((400, param), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
    }

    [Fact]
    public async Task APathThatNamesTheModel_BeatsTheBody()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama) + Setup.Model("a/b", ollama)));
        foreach (var path in (string[])["/engines/public/chat/completions", "/openai/deployments/public/chat/completions?api-version=2024-10-21", "/engines/a/b/chat/completions", "/openai/deployments/a%2Fb/chat/completions"])
        {
            var answer = await gateway.PostAsync(DoorGateway.Ask(DoorGateway.OpenAi, "x", model: "nobody"), path: path);
            var read = await DoorGateway.ReadAsync(DoorGateway.OpenAi, answer, stream: false);
            Assert.Equal(path.Contains("public", StringComparison.Ordinal) ? "public" : "a/b", read.Model);
        }

        Assert.Equal(200, (int)(await gateway.PostAsync("""{"prompt":"x"}""", path: "/engines/public/completions")).StatusCode);
        Assert.Equal(404, (int)(await gateway.PostAsync("""{"prompt":"x"}""", path: "/engines/nobody/completions")).StatusCode);
    }

    [Fact]
    public async Task ModelsAndErrors_AreOfThePublishedTypes()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        OpenAiTypes.Check("ListModelsResponse", await JsonAsync("/v1/models"));
        OpenAiTypes.Check("Model", await JsonAsync("/v1/models/public"));
        OpenAiTypes.Check("ErrorResponse", await JsonAsync("/v1/models/nobody"));
        OpenAiTypes.Check("ErrorResponse", await JsonAsync("/v1/nothing"));
        Assert.ThrowsAny<Exception>(() => OpenAiTypes.Check("Model", JsonDocument.Parse("""{"id":"m","object":"model","created":"1"}""").RootElement));

        async Task<JsonElement> JsonAsync(string path) => JsonDocument.Parse(await (await gateway.Http.GetAsync(path)).Content.ReadAsStringAsync()).RootElement;
    }
}
