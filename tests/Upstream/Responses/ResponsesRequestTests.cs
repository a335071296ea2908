using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Responses;

namespace OrleansLlm.Upstream.Responses;

/// <summary>What is asked at the Responses API, where and how. Whole exchanges are in the golden files.</summary>
public sealed class ResponsesRequestTests
{
    [Theory]
    [InlineData("openai", "o1-pro", true)]
    [InlineData("openai", "o1-pro-2025-03-19", true)]
    [InlineData("openai", "o3-pro", true)]
    [InlineData("openai", "o3-deep-research-2025-06-26", true)]
    [InlineData("openai", "o4-mini-deep-research", true)]
    [InlineData("openai", "gpt-5-pro", true)]
    [InlineData("openai", "gpt-5-codex", true)]
    [InlineData("openai", "gpt-5.1-codex-max", true)]
    [InlineData("openai", "gpt-5.2-codex-2026-01-01", true)]
    [InlineData("azure", "gpt-5.1-codex-mini", true)]
    [InlineData("openai", "codex-mini-latest", true)]
    [InlineData("azure", "computer-use-preview", true)]
    [InlineData("openai", "ft:gpt-5-pro", true)]
    [InlineData("openai", "gpt-5", false)]
    [InlineData("openai", "gpt-5.1", false)]
    [InlineData("openai", "gpt-5-proper", false)]
    [InlineData("openai", "o1", false)]
    [InlineData("openai", "o3-mini", false)]
    [InlineData("openai", "my-codex", false)]
    [InlineData("openai", "gpt-4o", false)]
    [InlineData("openai_like", "gpt-5-codex", false)]
    [InlineData("openrouter", "openai/gpt-5-codex", false)]
    [InlineData("anthropic", "o1-pro", false)]
    public void AModelWithoutChatCompletions_IsKnownByItsName(string provider, string model, bool asked) =>
        Assert.Equal(asked, UpstreamProviders.Serving(provider, model, null, null).Wire == UpstreamWire.Responses);

    [Theory]
    [InlineData("gpt-4o", null, true, true)]
    [InlineData("gpt-5-codex", null, false, false)]
    [InlineData("mine", "azure/gpt-5-pro", null, true)]
    [InlineData("o1-pro", "azure/gpt-4o", null, false)]
    [InlineData("responses/gpt-4o", null, false, true)]
    public void WhatIsSaid_GoesBeforeTheName(string model, string? baseModel, bool? said, bool asked) =>
        Assert.Equal(asked, UpstreamProviders.Serving("azure", model, baseModel, said).Name == "azure/responses");

    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", null, "https://api.openai.com/v1/responses")]
    [InlineData("openai", "https://proxy/x/v1/responses", null, "https://proxy/x/v1/responses")]
    [InlineData("azure", "https://x.openai.azure.com", null, "https://x.openai.azure.com/openai/v1/responses")]
    [InlineData("azure", "https://x.openai.azure.com/", "2024-10-21", "https://x.openai.azure.com/openai/v1/responses")]
    [InlineData("azure", "https://x.openai.azure.com/?api-version=2024-10-21&a=b", null, "https://x.openai.azure.com/openai/v1/responses?a=b")]
    [InlineData("azure", "https://x.openai.azure.com", "preview", "https://x.openai.azure.com/openai/v1/responses?api-version=preview")]
    [InlineData("azure", "https://x.openai.azure.com", "2025-04-01-preview", "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview")]
    [InlineData("azure", "https://x.openai.azure.com/openai?api-version=2025-03-01-preview", "2024-10-21", "https://x.openai.azure.com/openai/responses?api-version=2025-03-01-preview")]
    [InlineData("azure", "https://x.openai.azure.com/openai/v1/", "2024-10-21", "https://x.openai.azure.com/openai/v1/responses")]
    [InlineData("azure", "https://x.openai.azure.com/openai/deployments/d", "2025-04-01-preview", "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview")]
    [InlineData("azure", "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview", null, "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview")]
    [InlineData("azure", "https://x.openai.azure.com/openai/responses", "2025-04-01-preview", "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview")]
    public async Task TheAddress_IsThatOfTheServicesDoor(string provider, string given, string? version, string expected)
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request(provider, "{}", new Uri(given)) with { Account = new UpstreamAccount { ApiVersion = version } };

        Assert.Equal(expected, ResponsesAddress.Of(request).AbsoluteUri);
    }

    [Theory]
    [InlineData("[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"aGk=\",\"format\":\"wav\"}}]", "messages[0].content[0].type", "takes no audio")]
    [InlineData("[{\"type\":\"video\"}]", "messages[0].content[0].type", "takes nothing else")]
    [InlineData("[{\"type\":\"file\",\"file\":{}}]", "messages[0].content[0].file.file_data", "file_data or file_id")]
    [InlineData("[{\"type\":\"image_url\",\"image_url\":{\"url\":5}}]", "messages[0].content[0].image_url.url", "must be a string")]
    public async Task WhatCannotBeSaid_IsRefusedByItsField(string content, string param, string words)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("openai/responses", "{\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]}"));

        Assert.Equal((400, param, true, true), (failure.Status, failure.Param, failure.CallerFault, failure.IsOwnWords));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"reasoning_effort\":\"much\"", "reasoning_effort")]
    [InlineData("\"reasoning_effort\":5", "reasoning_effort")]
    [InlineData("\"verbosity\":5", "verbosity")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools[0].function")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"custom\":{}}]", "tools[0].custom.name")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}],\"tool_choice\":\"some\"", "tool_choice")]
    public async Task AParameterOfAnotherKind_IsRefusedByItsName(string more, string param)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("openai/responses", Harness.Say("x", "," + more)));

        Assert.Equal((400, param, true), (failure.Status, failure.Param, failure.CallerFault));
    }

    [Theory]
    [InlineData("\"reasoning_effort\":\"low\"", "{\"effort\":\"low\"}")]
    [InlineData("\"reasoning_effort\":\"disable\"", "{\"effort\":\"none\"}")]
    [InlineData("\"reasoning_effort\":\"default\"", null)]
    [InlineData("\"reasoning_effort\":{\"effort\":\"high\",\"summary\":\"detailed\"}", "{\"summary\":\"detailed\",\"effort\":\"high\"}")]
    [InlineData("\"reasoning_effort\":\"low\",\"reasoning\":{\"summary\":\"auto\"}", "{\"effort\":\"low\",\"summary\":\"auto\"}")]
    [InlineData("\"user\":\"u\"", null)]
    public async Task ThinkingIsAskedFor_AndTheThoughtsByWhoeverWantsThem(string more, string? expected) =>
        Assert.Equal(expected, (await SentAsync(more)).TryGetProperty("reasoning", out var reasoning) ? reasoning.GetRawText() : null);

    [Theory]
    [InlineData("\"max_tokens\":5", 16)]
    [InlineData("\"max_completion_tokens\":17,\"max_tokens\":5", 17)]
    public async Task ALimit_IsNeverLessThanTheServiceTakes(string more, int expected) => Assert.Equal(expected, (await SentAsync(more)).GetProperty("max_output_tokens").GetInt32());

    [Fact]
    public async Task NothingIsStored_WhateverTheClientSays()
    {
        var sent = await SentAsync("\"store\":true,\"metadata\":{\"a\":{\"b\":1}},\"stream\":false");

        Assert.Equal((false, true), (sent.GetProperty("store").GetBoolean(), sent.GetProperty("stream").GetBoolean()));
        Assert.False(sent.TryGetProperty("metadata", out _));
    }

    [Fact]
    public async Task WhatTheModelRefuses_IsLeftOut_UnlessItIsAllowed()
    {
        Assert.False((await SentAsync("\"temperature\":0.5")).TryGetProperty("temperature", out _));
        Assert.True((await SentAsync("\"temperature\":0.5", new ParameterRules { Allowed = new HashSet<string> { "temperature" } })).TryGetProperty("temperature", out _));
        Assert.True((await SentAsync("\"temperature\":1")).TryGetProperty("temperature", out _));
        Assert.True((await SentAsync("\"temperature\":0.5", model: "gpt-4.1")).TryGetProperty("temperature", out _));
    }

    [Fact]
    public async Task WhatHasNoWordThere_IsLeftOutOrRefused_AsTheRulesSay()
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai/responses", Harness.Say("x", ",\"seed\":1"));

        var (failure, _) = await harness.FailAsync(request with { Parameters = new ParameterRules { Drop = false } });
        Assert.Equal((400, "seed"), (failure.Status, failure.Param));

        await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x", ",\"n\":2")) with { Parameters = new ParameterRules { Drop = true } });
        Assert.Equal(["n"], harness.Report.DroppedParameters);
    }

    [Fact]
    public async Task AModelThatIsNotStreamed_IsAskedForTheWholeAnswer_AndTellsOnceWhatWasLeftOut()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => asked.Body.Contains("\"stream\":true", StringComparison.Ordinal)
            ? (400, "application/json", """{"error":{"message":"Your organization must be verified to stream this model.","type":"invalid_request_error","param":"stream","code":"unsupported_value"}}""")
            : (200, "application/json", """{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"whole"}]}],"usage":{"input_tokens":3,"output_tokens":1,"total_tokens":4}}""");
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai", Harness.Say("x", ",\"seed\":1"), service.BaseAddress) with { Model = "gpt-5-pro", ClientStreams = false };

        var chunks = await harness.CollectAsync(request);

        Assert.Equal("whole", chunks.Text());
        Assert.Equal(new UpstreamUsage(3, 1, 4, Estimated: false), harness.Report.Usage);
        Assert.Equal(["seed"], harness.Report.DroppedParameters);
        Assert.Equal(2, service.Requests.Count);
    }

    [Fact]
    public async Task UpToWhereAPromptIsCached_IsSaidAtTheParts()
    {
        const string Mark = "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}";
        await using var service = await Recorder.StartAsync();
        service.Answer = _ => (200, "application/json", """{"status":"completed","output":[]}""");
        await using var harness = await Harness.StartAsync();
        await harness.CollectAsync(harness.Request("openai", "{\"prompt_cache_options\":{\"ttl\":\"30m\"},\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"s\"," + Mark
            + "}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}," + Mark + "}]}]}", service.BaseAddress) with { Model = "gpt-5-pro", AtResponses = true });

        var sent = JsonDocument.Parse(Assert.Single(service.Requests).Body).RootElement;
        Assert.Equal(
            "[{\"role\":\"system\",\"content\":[{\"type\":\"input_text\",\"text\":\"s\"," + Mark + "}]},{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"type\":\"input_image\",\"image_url\":\"u\"," + Mark + "}]}]",
            sent.GetProperty("input").GetRawText());
        Assert.Equal("""{"ttl":"30m"}""", sent.GetProperty("prompt_cache_options").GetRawText());
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(150, true)]
    public async Task AUserThatIsTooLong_IsToldByItsHash(int length, bool hashed)
    {
        var user = new string('u', length);
        var told = (await SentAsync($"\"user\":\"{user}\"", provider: "azure")).GetProperty("user").GetString()!;
        Assert.Equal(hashed ? 64 : length, told.Length);
        Assert.Equal(hashed, told != user);
        // A server of one's own gets what the client has said.
        Assert.Equal(user, (await SentAsync($"\"user\":\"{user}\"")).GetProperty("user").GetString());
    }

    private static async Task<JsonElement> SentAsync(string more, ParameterRules? rules = null, string model = "gpt-5-pro", string provider = "openai")
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = _ => (200, "application/json", """{"status":"completed","output":[]}""");
        await using var harness = await Harness.StartAsync();
        await harness.CollectAsync(harness.Request(provider, Harness.Say("x", "," + more), service.BaseAddress) with { Model = model, AtResponses = true, Parameters = rules ?? ParameterRules.Default });
        return JsonDocument.Parse(Assert.Single(service.Requests).Body).RootElement;
    }
}
