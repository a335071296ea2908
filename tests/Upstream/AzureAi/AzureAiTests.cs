using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Providers.AzureAi;

namespace OrleansLlm.Upstream.AzureAi;

public sealed class AzureAiTests
{
    [Theory]
    [InlineData("https://r.services.ai.azure.com", null, "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview", "api-key")]
    [InlineData("https://r.services.ai.azure.com/models/", null, "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview", "api-key")]
    [InlineData("https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01", null, "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01", "api-key")]
    [InlineData("https://r.services.ai.azure.com", "2025-01-01", "https://r.services.ai.azure.com/models/chat/completions?api-version=2025-01-01", "api-key")]
    [InlineData("https://r.services.ai.azure.com/openai/v1/", "2025-01-01", "https://r.services.ai.azure.com/openai/v1/chat/completions", "api-key")]
    [InlineData("https://r.services.ai.azure.com/api/projects/p", null, "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview", "api-key")]
    [InlineData("https://r.openai.azure.com", null, "https://r.openai.azure.com/openai/v1/chat/completions", "api-key")]
    [InlineData("https://r.openai.azure.com/openai/deployments/d", null, "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21", "api-key")]
    [InlineData("https://m.eastus2.models.ai.azure.com", null, "https://m.eastus2.models.ai.azure.com/chat/completions", null)]
    [InlineData("https://m.eastus2.models.ai.azure.com/v1", null, "https://m.eastus2.models.ai.azure.com/v1/chat/completions", null)]
    [InlineData("https://m.eastus2.models.ai.azure.com/v1/chat/completions", "2024-05-01-preview", "https://m.eastus2.models.ai.azure.com/v1/chat/completions?api-version=2024-05-01-preview", null)]
    [InlineData("https://evil.example/services.ai.azure.com", null, "https://evil.example/services.ai.azure.com/chat/completions", null)]
    public void TheAddressAndTheKeysHeader_AreThoseOfTheDoor(string apiBase, string? version, string expected, string? header)
    {
        var said = new AzureAiDialect().Say(Request(apiBase, "Phi-4") with { Account = new UpstreamAccount { ApiVersion = version } }, new UpstreamReport());

        Assert.Equal((expected, header), (said.Address.AbsoluteUri, said.KeyHeader));
    }

    [Fact]
    public void Embeddings_AreAskedBesideTheChats() => Assert.Equal(
        "https://r.services.ai.azure.com/models/embeddings?api-version=2024-05-01-preview",
        AzureAiAddress.Of(Request("https://r.services.ai.azure.com/models/chat/completions", "embed-v-4-0") with { Operation = UpstreamOperation.Embedding }).AbsoluteUri);

    [Theory]
    [InlineData("https://r.services.ai.azure.com", "https://r.services.ai.azure.com/anthropic")]
    [InlineData("https://r.services.ai.azure.com/models/chat/completions?api-version=x", "https://r.services.ai.azure.com/anthropic")]
    [InlineData("https://r.services.ai.azure.com/openai/v1", "https://r.services.ai.azure.com/anthropic")]
    [InlineData("https://r.services.ai.azure.com/api/projects/p", "https://r.services.ai.azure.com/anthropic")]
    [InlineData("https://r.services.ai.azure.com/anthropic/v1/messages", "https://r.services.ai.azure.com/anthropic/v1/messages")]
    [InlineData("https://proxy.example/azure", "https://proxy.example/azure/anthropic")]
    public void Claude_HasADoorOfItsOwn(string apiBase, string expected) => Assert.Equal(expected, AzureAiAddress.OfClaude(new Uri(apiBase)).AbsoluteUri);

    [Theory]
    [InlineData("claude-sonnet-4-5", null, "azure_ai/claude")]
    [InlineData("ours", "azure_ai/claude-sonnet-4-5", "azure_ai/claude")]
    [InlineData("Phi-4", null, "azure_ai")]
    [InlineData("ours", "azure_ai/grok-4", "azure_ai")]
    public void WhetherItIsClaude_SaysItsNameOrWhatItIs(string model, string? baseModel, string provider) =>
        Assert.Equal(provider, UpstreamProviders.Serving("azure_ai", model, baseModel, null).Name);

    /// <summary>The version of Azure's API is none of Anthropic's.</summary>
    [Fact]
    public async Task Claude_IsAskedAsAtAnthropics()
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await Recorder.StartAsync();
        server.Answer = _ => (404, "application/json", "{}");

        await harness.FailAsync(harness.Request("azure_ai", Harness.Say("x"), new Uri(server.BaseAddress, "models")) with
        {
            Model = "claude-opus-4-6", ApiKey = "key", Account = new UpstreamAccount { ApiVersion = "2024-05-01-preview" },
        });

        var asked = Assert.Single(server.Requests);
        Assert.Equal(("/anthropic/v1/messages", "key", "2023-06-01"), (asked.Path, asked.Headers["x-api-key"], asked.Headers["anthropic-version"]));
    }

    [Fact]
    public async Task Agents_AreRefusedInWords()
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("azure_ai", Harness.Say("x")) with { Model = "agents/asst_1" });

        Assert.Equal((400, "model"), (failure.Status, failure.Param));
        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    private static UpstreamRequest Request(string apiBase, string model) => new()
    {
        Provider = "azure_ai", ApiBase = new Uri(apiBase), Model = model, PublicModel = "public", CompletionId = "c", Created = 1, Body = Encoding.UTF8.GetBytes(Harness.Say("x")),
    };
}
