using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Parameters;

public sealed class ParameterTests
{
    /// <summary>A value of each parameter that any service takes.</summary>
    private static readonly Dictionary<string, string> Values = new()
    {
        ["audio"] = "{\"voice\":\"x\"}", ["frequency_penalty"] = "0.1", ["function_call"] = "\"auto\"", ["functions"] = "[]", ["logit_bias"] = "{\"1\":1}",
        ["logprobs"] = "true", ["max_completion_tokens"] = "5", ["max_tokens"] = "5", ["modalities"] = "[\"text\"]", ["n"] = "1", ["parallel_tool_calls"] = "true",
        ["prediction"] = "{\"type\":\"content\",\"content\":\"x\"}", ["presence_penalty"] = "0.1", ["reasoning_effort"] = "\"low\"",
        ["response_format"] = "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"type\":\"object\"}}}", ["seed"] = "1", ["service_tier"] = "\"auto\"",
        ["stop"] = "\"x\"", ["temperature"] = "1", ["tool_choice"] = "\"required\"", ["tools"] = "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
        ["top_logprobs"] = "1", ["top_p"] = "0.97", ["user"] = "\"u\"", ["verbosity"] = "\"low\"", ["web_search_options"] = "{}",
    };

    private static readonly string[] OnlyElsewhere = ["best_of", "dimensions", "echo", "suffix"];

    public static TheoryData<string> Translated => [.. UpstreamProviders.All.Where(p => p.IsTranslated).Select(p => p.Name)];

    [Fact]
    public void EveryParameterIsTried() => Assert.Equal(OpenAiParameters.All.Except(OnlyElsewhere).Order(), Values.Keys.Order());

    /// <summary>The table of providers is not a claim beside the code: what it lists is exactly what the dialect leaves out.</summary>
    [Theory]
    [MemberData(nameof(Translated))]
    public async Task WhatADialectLeavesOut_IsWhatTheTableSays(string provider)
    {
        await using var harness = await Harness.StartAsync();
        var dropped = new List<string>();
        foreach (var (name, value) in Values)
        {
            await harness.CollectAsync(harness.Request(provider, Harness.Say("x", $",\"{name}\":{value}")) with { Model = "qwen3:think" });
            dropped.AddRange(harness.Report.DroppedParameters);
        }

        Assert.Equal(UpstreamProviders.Find(provider).Unsupported.Order(StringComparer.Ordinal), dropped.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("ollama", null, false)]
    [InlineData("ollama", true, false)]
    [InlineData("ollama", false, true)]
    [InlineData("anthropic", null, false)]
    [InlineData("anthropic", false, true)]
    [InlineData("gemini", false, true)]
    [InlineData("deepseek", false, true)]
    [InlineData("openai", false, false)]
    public async Task DropParams_DecidesBetweenLeavingOutAndRefusing(string provider, bool? drop, bool refused)
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request(provider, Harness.Say("x", ",\"logit_bias\":{\"1\":1},\"web_search_options\":null")) with { Parameters = new ParameterRules { Drop = drop } };

        if (!refused)
        {
            await harness.CollectAsync(request);
            Assert.Equal(UpstreamProviders.Find(provider).Unsupported.Contains("logit_bias"), harness.Report.DroppedParameters.Contains("logit_bias"));
            return;
        }

        var (failure, _) = await harness.FailAsync(request);
        Assert.Equal((400, "logit_bias", true, true), (failure.Status, failure.Param, failure.CallerFault, failure.BeforeFirstToken));
        Assert.Contains($"UnsupportedParamsError: {provider} does not support parameters: ['logit_bias'], for model=", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    [Fact]
    public async Task Forwarded_WithoutARule_IsLeftToTheService()
    {
        Assert.True((await SentAsync("deepseek", ",\"seed\":1", ParameterRules.Default)).TryGetProperty("seed", out _));
        Assert.False((await SentAsync("deepseek", ",\"seed\":1", new ParameterRules { Drop = true })).TryGetProperty("seed", out _));
        Assert.True((await SentAsync("deepseek", ",\"seed\":1", new ParameterRules { Drop = true, Allowed = Set("seed") })).TryGetProperty("seed", out _));
    }

    [Fact]
    public async Task Defaults_AreUnderTheSameRules()
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("deepseek", Harness.Say("x")) with
        {
            Parameters = new ParameterRules { Drop = true },
            Defaults = new Dictionary<string, JsonElement> { ["seed"] = JsonSerializer.SerializeToElement(1), ["top_k"] = JsonSerializer.SerializeToElement(2) },
        };

        await harness.CollectAsync(request);

        Assert.Equal(["seed"], harness.Report.DroppedParameters);
        Assert.Contains("top_k", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("seed", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdditionalDropParams_ReachInside()
    {
        var sent = await SentAsync(
            "openai", ",\"seed\":1,\"a\":{\"b\":1,\"c\":\"é 😀\"},\"tools\":[{\"x\":1,\"y\":2},{\"x\":3}]", new ParameterRules { AlsoDrop = Set("seed", "a.b", "tools[*].x", "nothing.there") });

        Assert.False(sent.TryGetProperty("seed", out _));
        Assert.Equal("é 😀", Assert.Single(sent.GetProperty("a").EnumerateObject()).Value.GetString());
        Assert.Equal("""[{"y":2},{}]""", sent.GetProperty("tools").GetRawText());
    }

    [Fact]
    public async Task TheBodyMaySayTheRules_AndTheyAreNotSentOn()
    {
        await using var harness = await Harness.StartAsync();
        await harness.CollectAsync(harness.Request("deepseek", Harness.Say(
            "x", ",\"seed\":1,\"n\":1,\"user\":\"u\",\"drop_params\":true,\"allowed_openai_params\":[\"n\"],\"additional_drop_params\":[\"top_k\"],\"top_k\":1")));

        Assert.Equal(["seed", "top_k", "user"], harness.Report.DroppedParameters.Order());
        Assert.DoesNotContain("_params", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("\"n\":1", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ollama")]
    [InlineData("ollama_chat")]
    public async Task WhatIsAllowed_IsSentAsItIs_AlsoInATranslation(string provider)
    {
        await using var harness = await Harness.StartAsync();
        foreach (var drop in (bool?[])[null, false, true])
        {
            var request = harness.Request(provider, Harness.Say("x", ",\"logit_bias\":{\"1\":1},\"allowed_openai_params\":[\"logit_bias\"]"));

            await harness.CollectAsync(request with { Parameters = new ParameterRules { Drop = drop } });

            Assert.Contains("\"logit_bias\":{\"1\":1}", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
            Assert.Empty(harness.Report.DroppedParameters);
        }
    }

    [Theory]
    [InlineData("ollama", "auto", "")]
    [InlineData("ollama", "required", "tool_choice")]
    [InlineData("anthropic", "required", "")]
    [InlineData("gemini", "required", "")]
    public async Task AllowedTools_AreAllThatTheModelIsTold(string provider, string mode, string dropped)
    {
        await using var harness = await Harness.StartAsync();
        var body = Harness.Say("x", ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"first\"}},{\"type\":\"function\",\"function\":{\"name\":\"second\"}}]"
            + ",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"" + mode + "\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"second\"}}]}}");

        await harness.CollectAsync(harness.Request(provider, body));

        Assert.DoesNotContain("first", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("second", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Equal(dropped, string.Join(',', harness.Report.DroppedParameters));
    }

    /// <summary>Otherwise a client could name the model, and the operator's account would pay for it.</summary>
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    public async Task TheBody_CannotAllowWhatIsNoParameter(string provider)
    {
        await using var harness = await Harness.StartAsync();
        await harness.CollectAsync(harness.Request(provider, Harness.Say("x", ",\"allowed_openai_params\":[\"model\",\"stream\",\"logit_bias\"]")));

        var sent = JsonDocument.Parse(harness.Server.Stats.Bodies[^1]).RootElement;
        Assert.Equal(Harness.Model, Assert.Single(sent.EnumerateObject(), member => member.Name == "model").Value.GetString());
        Assert.Single(sent.EnumerateObject(), member => member.Name == "stream");
    }

    [Theory]
    [InlineData("{\"drop_params\":")]
    [InlineData("{\"additional_drop_params\":[\"a.b\"],\"a\":1,\"a\":{\"b\":1},\"messages\":5}")]
    [InlineData("[\"drop_params\"]")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\"}],\"\\ud83d\":1,\"additional_drop_params\":[\"x\"]}")]
    public async Task WhatCannotBeRead_IsTheCallersFaultOrTheServices(string body)
    {
        foreach (var provider in new[] { "ollama", "deepseek", "anthropic", "gemini" })
        {
            await using var harness = await Harness.StartAsync();
            var request = harness.Request(provider, body) with { Parameters = new ParameterRules { Drop = true } };
            Assert.Equal(400, (await harness.FailAsync(request)).Failure.Status);
        }
    }

    [Theory]
    [InlineData(",\"max_completion_tokens\":7", 7)]
    [InlineData(",\"max_completion_tokens\":7,\"max_tokens\":5", 7)]
    [InlineData(",\"max_tokens\":5", 5)]
    public async Task MaxCompletionTokens_IsSaidInTheOldWordWhereOnlyThatIsKnown(string more, int expected)
    {
        var sent = await SentAsync("deepseek", more, ParameterRules.Default);
        Assert.Equal(expected, sent.GetProperty("max_tokens").GetInt32());
        Assert.False(sent.TryGetProperty("max_completion_tokens", out _));
        Assert.False((await SentAsync("openai", ",\"max_completion_tokens\":7", ParameterRules.Default)).TryGetProperty("max_tokens", out _));
    }

    [Theory]
    [InlineData("openai", "gpt-5", true)]
    [InlineData("openai", "gpt-5-mini-2025-08-07", true)]
    [InlineData("openai", "gpt-5.1", true)]
    [InlineData("openai", "team/o3-mini", true)]
    [InlineData("openai", "ft:o4-mini-2025-04-16:us::x", true)]
    [InlineData("azure", "o1", true)]
    [InlineData("azure", "mine", true, "azure/o3-mini")]
    [InlineData("azure", "mine", true, "gpt-5")]
    [InlineData("azure", "mine", false, "azure/gpt-4o")]
    [InlineData("azure", "mine", false)]
    [InlineData("openai", "gpt-4o", false)]
    [InlineData("openai", "o1k-7b", false)]
    [InlineData("openai_like", "gpt-5", false)]
    public async Task MaxTokens_IsSaidInTheNewWordWhereOnlyThatIsKnown(string provider, string model, bool renamed, string? baseModel = null)
    {
        var sent = await SentAsync(provider, ",\"max_tokens\":5", ParameterRules.Default, model, baseModel: baseModel);

        Assert.Equal(5, sent.GetProperty(renamed ? "max_completion_tokens" : "max_tokens").GetInt32());
        Assert.False(sent.TryGetProperty(renamed ? "max_tokens" : "max_completion_tokens", out _));
    }

    [Theory]
    [InlineData("openai", "gpt-5-mini", "", "frequency_penalty,logit_bias,logprobs,presence_penalty,stop,temperature,top_logprobs,top_p,web_search_options")]
    [InlineData("azure", "o3-mini", "", "frequency_penalty,logit_bias,logprobs,parallel_tool_calls,presence_penalty,stop,temperature,top_logprobs,top_p")]
    [InlineData("openai", "o1", "", "frequency_penalty,logit_bias,logprobs,parallel_tool_calls,presence_penalty,temperature,top_logprobs,top_p")]
    [InlineData("openai", "gpt-5.1", "", "frequency_penalty,logit_bias,presence_penalty,stop,web_search_options")]
    [InlineData("openai", "gpt-5.2-2025-12-11", ",\"reasoning_effort\":\"none\"", "frequency_penalty,logit_bias,presence_penalty,stop,web_search_options")]
    [InlineData("openai", "gpt-5.1", ",\"reasoning_effort\":\"low\"", "frequency_penalty,logit_bias,logprobs,presence_penalty,stop,temperature,top_logprobs,top_p,web_search_options")]
    [InlineData("openai", "gpt-5.2-pro", "", "frequency_penalty,logit_bias,logprobs,presence_penalty,stop,temperature,top_logprobs,top_p,web_search_options")]
    [InlineData("openai", "gpt-5-search-api", "", "frequency_penalty,logit_bias,logprobs,presence_penalty,stop,temperature,top_logprobs,top_p")]
    [InlineData("openai", "gpt-5-chat-latest", "", "")]
    [InlineData("openai", "gpt-4o", "", "")]
    [InlineData("openai_like", "gpt-5", "", "")]
    public async Task WhatAModelThatReasonsRefuses_IsLeftOutWithDropParams_AndGoesAsItIsWithout(string provider, string model, string more, string dropped)
    {
        string[] names = ["temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "stop", "web_search_options", "parallel_tool_calls", "seed", "tools"];
        more += string.Concat(names.Select(name => $",\"{name}\":{(name == "temperature" ? "0.2" : Values[name])}"));
        var report = new UpstreamReport();

        var sent = await SentAsync(provider, more, new ParameterRules { Drop = true }, model, report: report);

        Assert.Equal(dropped, string.Join(',', report.DroppedParameters.Order(StringComparer.Ordinal)));
        Assert.Equal(names.Except(dropped.Split(',')), names.Where(name => sent.TryGetProperty(name, out _)));
        sent = await SentAsync(provider, more, ParameterRules.Default, model);
        Assert.All(names, name => Assert.True(sent.TryGetProperty(name, out _)));
    }

    [Theory]
    [InlineData("ollama", true, 2, true, "n")]
    [InlineData("ollama_chat", true, 2, true, "n")]
    [InlineData("anthropic", true, 2, true, "n")]
    [InlineData("anthropic", true, 1, true, "")]
    [InlineData("anthropic", null, 2, false, "")]
    [InlineData("ollama", false, 2, false, "")]
    [InlineData("gemini", true, 2, true, "")]
    public async Task ChoicesThatAServiceDoesNotGive_AreOne_WithDropParams(string provider, bool? drop, int choices, bool answers, string dropped)
    {
        await using var harness = await Harness.StartAsync();
        var inBody = harness.Request(provider, Harness.Say("x", $",\"n\":{choices}")) with { Parameters = new ParameterRules { Drop = drop } };
        var configured = harness.Request(provider, Harness.Say("x")) with { Parameters = inBody.Parameters, Defaults = new Dictionary<string, JsonElement> { ["n"] = JsonSerializer.SerializeToElement(choices) } };
        foreach (var request in new[] { inBody, configured })
        {
            if (answers) await harness.CollectAsync(request);
            else Assert.Equal("n", (await harness.FailAsync(request)).Failure.Param);
            Assert.Equal(dropped, string.Join(',', harness.Report.DroppedParameters));
        }
    }

    [Fact]
    public async Task AModelThatReasons_TakesATemperatureOfOne_AndWhatIsAllowed_AndDefaultsAreUnderTheSameRules()
    {
        var drop = new ParameterRules { Drop = true };
        var defaults = new Dictionary<string, JsonElement> { ["temperature"] = JsonDocument.Parse("0.5").RootElement };

        Assert.True((await SentAsync("openai", ",\"temperature\":1.0", drop, "gpt-5")).TryGetProperty("temperature", out _));
        Assert.True((await SentAsync("openai", ",\"temperature\":1", drop, "gpt-5", defaults)).TryGetProperty("temperature", out _));
        Assert.True((await SentAsync("openai", ",\"temperature\":0.5", drop with { Allowed = Set("temperature") }, "gpt-5")).TryGetProperty("temperature", out _));
        Assert.False((await SentAsync("openai", "", drop, "gpt-5", defaults)).TryGetProperty("temperature", out _));
    }

    [Fact]
    public async Task WhatAModelThatReasonsRefuses_IsRefusedHereWhereTheRulesSaySo()
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai", Harness.Say("x", ",\"temperature\":0.5")) with { Parameters = new ParameterRules { Drop = false }, Model = "o4-mini" };

        var (failure, _) = await harness.FailAsync(request);

        Assert.Equal((400, "temperature", true), (failure.Status, failure.Param, failure.CallerFault));
    }

    [Theory]
    [InlineData(",\"max_completion_tokens\":7,\"max_tokens\":5", 7)]
    [InlineData(",\"max_tokens\":5,\"max_completion_tokens\":7", 7)]
    [InlineData(",\"max_completion_tokens\":null,\"max_tokens\":5", 5)]
    public async Task TheNewWord_WinsOverTheOldOne(string more, int expected)
    {
        var sent = await SentAsync("openai", more, ParameterRules.Default, "gpt-5");

        Assert.Equal(expected, Assert.Single(sent.EnumerateObject(), member => member.Name == "max_completion_tokens").Value.GetInt32());
        Assert.False(sent.TryGetProperty("max_tokens", out _));
    }

    [Fact]
    public async Task ADefaultLimit_IsSaidInTheNewWordAsWell_UnlessTheRulesSayOtherwise()
    {
        var defaults = new Dictionary<string, JsonElement> { ["max_tokens"] = JsonDocument.Parse("9").RootElement };
        var asIs = new ParameterRules { Allowed = Set("max_tokens") };

        Assert.Equal(9, (await SentAsync("openai", "", ParameterRules.Default, "gpt-5", defaults)).GetProperty("max_completion_tokens").GetInt32());
        Assert.Equal(5, (await SentAsync("openai", ",\"max_tokens\":5", ParameterRules.Default, "gpt-5", defaults)).GetProperty("max_completion_tokens").GetInt32());
        Assert.Equal(9, (await SentAsync("openai", "", asIs, "gpt-5", defaults)).GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task ARequestWithoutRules_IsForwardedByteForByte()
    {
        await using var harness = await Harness.StartAsync();
        const string odd = """ "weird" : 1.50e+1 , "x":"\u00e9" """;
        await harness.CollectAsync(harness.Request("openai", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + odd + "}"));
        Assert.Contains("1.50e+1", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("\\u00e9", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    private static HashSet<string> Set(params string[] names) => [.. names];

    private static async Task<JsonElement> SentAsync(
        string provider, string more, ParameterRules rules, string model = Harness.Model, Dictionary<string, JsonElement>? defaults = null,
        UpstreamReport? report = null, string? baseModel = null)
    {
        await using var server = await Recorder.StartAsync();
        server.Answer = _ => (200, "text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
        await using var harness = await Harness.StartAsync();
        var request = harness.Request(provider, Harness.Say("x", more), server.BaseAddress) with { Parameters = rules, Model = model, BaseModel = baseModel, Defaults = defaults ?? [], AtResponses = false };
        await foreach (var _ in harness.Upstream.StreamAsync(request, report ?? new UpstreamReport(), CancellationToken.None))
        {
        }

        return JsonDocument.Parse(Encoding.UTF8.GetBytes(Assert.Single(server.Requests).Body)).RootElement;
    }
}
