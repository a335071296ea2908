using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Vertex;

/// <summary>Which of Vertex AI's models is asked where, and that none is asked where it is not.</summary>
public sealed class VertexModelTests
{
    [Theory]
    [InlineData("gemini-2.5-pro", "vertex_ai")]
    [InlineData("gemini/5464397967697903616", "vertex_ai")]
    [InlineData("google/gemini-2.5-pro", "vertex_ai")]
    [InlineData("5464397967697903616", "vertex_ai")]
    [InlineData("text-embedding-005", "vertex_ai")]
    [InlineData("claude-sonnet-4@20250514", "vertex_ai/claude")]
    [InlineData("claude-opus-4-6", "vertex_ai/claude")]
    [InlineData("mistral-large@2407", "vertex_ai/mistral")]
    [InlineData("mistralai/mistral-medium-3", "vertex_ai/mistral")]
    [InlineData("codestral-2501", "vertex_ai/mistral")]
    [InlineData("meta/llama-3.3-70b-instruct-maas", "vertex_ai/openai")]
    [InlineData("openai/gpt-oss-120b-maas", "vertex_ai/openai")]
    [InlineData("openai/5464397967697903616", "vertex_ai/openai")]
    [InlineData("qwen/qwen3-next-80b-a3b-instruct-maas", "vertex_ai/openai")]
    [InlineData("deepseek-ai/deepseek-r1-0528-maas", "vertex_ai/openai")]
    [InlineData("google/gemma-4-26b-a4b-it-maas", "vertex_ai/openai")]
    public void TheNameSaysWhoseWordsAreSpoken(string model, string provider)
    {
        Assert.Equal(provider, UpstreamProviders.Serving("vertex_ai", model, null, null).Name);
        Assert.Null(UpstreamProviders.WhyNotServed("vertex_ai", model));
    }

    [Theory]
    [InlineData("gemini/5464397967697903616", "endpoints/5464397967697903616:streamGenerateContent?alt=sse")]
    [InlineData("google/gemini-2.5-pro", "publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse")]
    [InlineData("claude-sonnet-4@20250514", "publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict")]
    [InlineData("mistralai/mistral-medium-3", "publishers/mistralai/models/mistral-medium-3:streamRawPredict")]
    [InlineData("meta/llama-3.3-70b-instruct-maas", "endpoints/openapi/chat/completions")]
    public async Task TheAddress_IsThatOfItsPublisher(string model, string path)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await Recorder.StartAsync();
        server.Answer = _ => (404, "application/json", "{}");

        await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("x"), server.BaseAddress) with { Model = model });
        Assert.Equal("/v1/projects/p/locations/us-central1/" + path, Assert.Single(server.Requests).Path);

        // Who names more than a server has said which version.
        await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("x"), new Uri(server.BaseAddress, "proxy/v1beta1")) with { Model = model });
        Assert.Equal("/proxy/v1beta1/projects/p/locations/us-central1/" + path, server.Requests.Last().Path);
    }

    [Theory]
    [InlineData("jamba-1.5-mini@001", "AI21")]
    [InlineData("gemma/5464397967697903616", ":predict")]
    [InlineData("llama-3.3-70b-instruct-maas", "publisher")]
    [InlineData("imagen-4.0-generate-001", "neither chats nor embeds")]
    [InlineData("chat-bison@002", "switched it off")]
    public async Task WhatIsNotServed_IsRefusedInWords_AndAskedNowhere(string model, string why)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("x")) with { Model = model });

        Assert.Equal((400, "model", true), (failure.Status, failure.Param, failure.IsOwnWords));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.Contains(why, UpstreamProviders.WhyNotServed("vertex_ai", model), StringComparison.Ordinal);
        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    [Fact]
    public async Task WithoutAProject_NothingIsAsked()
    {
        await using var harness = await Harness.StartAsync();
        foreach (var model in new[] { "claude-opus-4-6", "meta/llama", "mistral-medium-3" })
        {
            var (failure, _) = await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("x")) with { Model = model, Account = UpstreamAccount.None });
            Assert.Contains("vertex_project", failure.Message, StringComparison.Ordinal);
        }
    }
}
