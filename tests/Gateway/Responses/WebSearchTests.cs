using System.Text.Json;
using OrleansLlm.Simulator;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>A search of the web that a service runs by itself, and where its words are from.</summary>
public class WebSearchTests
{
    private const string Live = """{"type":"web_search","search_context_size":"high","user_location":{"type":"approximate","country":"DE"}}""";
    private const string Stored = """{"type":"web_search","external_web_access":false}""";

    [Theory]
    [InlineData("openai/responses", Live, Live, "")]
    [InlineData("openai/responses", Stored, Stored, "")]
    [InlineData("openai/responses", """{"type":"file_search","vector_store_ids":["v"]}""", """{"type":"file_search","vector_store_ids":["v"]}""", "")]
    [InlineData("openai/responses", """{"type":"image_generation"}""", null, "image_generation")]
    [InlineData("anthropic", Live, """{"type":"web_search_20250305","name":"web_search","max_uses":10,"user_location":{"type":"approximate","country":"DE"}}""", "")]
    [InlineData("anthropic", Stored, null, "web_search")]
    [InlineData("gemini", """{"type":"web_search_preview_2025_03_11"}""", """{"googleSearch":{}}""", "")]
    [InlineData("gemini", """{"type":"file_search","vector_store_ids":["v"]}""", null, "file_search")]
    [InlineData("ollama_chat", Live, null, "web_search")]
    [InlineData("openai", Live, null, "web_search")]
    public async Task ASearch_IsAskedOfWhoCanSearch_AndElseLeftOut(string provider, string asked, string? told, string dropped)
    {
        await using var backend = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(backend, provider);

        using var answer = await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"x","tools":[{{asked}}]}""");

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Equal(dropped, answer.Headers.TryGetValues("x-dropped-tools", out var values) ? Assert.Single(values) : "");
        var sent = JsonElement.Parse(backend.Stats.Bodies[^1]);
        Assert.Equal(told, sent.TryGetProperty("tools", out var tools) ? Assert.Single(tools.EnumerateArray()).GetRawText() : null);
    }

    /// <summary>It would refuse what it does not know, and the answer that it has given before would be a failure.</summary>
    [Theory]
    [InlineData("litellm_settings: {fallbacks: [{m: [local]}]}", "")]
    [InlineData("litellm_settings: {drop_params: true}", ""","fallbacks":["local"]""")]
    public async Task WhereSomebodyMayStandInWhoCannotSearch_NobodyIsAskedTo(string settings, string more)
    {
        await using var backend = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", backend, "anthropic") + Setup.Model("local", backend), Setup.Quiet(backend) + settings + "\n"));

        using var answer = await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"x","tools":[{{Live}}]{{more}}}""");

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Equal("web_search", Assert.Single(answer.Headers.GetValues("x-dropped-tools")));
        Assert.DoesNotContain("web_search", backend.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatWasFound_IsInTheAnswersAnnotations_ToldAndStored(bool streams)
    {
        await using var backend = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(backend, "openai/responses");
        string[] events =
        [
            """{"type":"response.created","response":{}}""",
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"web_search_call","id":"ws"}}""",
            """{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"e1234"}""",
            """{"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","start_index":1,"end_index":3,"url":"https://a","title":"A"}}""",
            """{"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation_index":1,"annotation":{"type":"file_citation","file_id":"f"}}""",
            """{"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":1}}}""",
        ];
        backend.Faults.Add(new Fault { Kind = FaultKind.Raw, Body = string.Concat(events.Select(one => $"data: {one}\n\n")) });
        const string citation = """{"type":"url_citation","start_index":1,"end_index":3,"url":"https://a","title":"A"}""";

        JsonElement whole;
        if (streams)
        {
            var told = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"x","stream":true,"tools":[{{Live}}]}"""));
            whole = told[^1].GetProperty("response");
            var added = Assert.Single(told, one => TypeOf(one) == "response.output_text.annotation.added");
            Assert.Equal((0, 0, 0), (added.GetProperty("output_index").GetInt32(), added.GetProperty("content_index").GetInt32(), added.GetProperty("annotation_index").GetInt32()));
            Assert.Equal(citation, added.GetProperty("annotation").GetRawText());
        }
        else
        {
            whole = await gateway.AskAsync($$"""{"model":"m","input":"x","tools":[{{Live}}]}""");
        }

        var part = whole.GetProperty("output")[0].GetProperty("content")[0];
        Assert.Equal(("e1234", $"[{citation}]"), (part.GetProperty("text").GetString(), part.GetProperty("annotations").GetRawText()));
        Assert.Equal(whole.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(whole)}")).GetRawText());
    }

    /// <summary>A conversation is summed up from what is there.</summary>
    [Fact]
    public async Task ASummary_IsNotSearchedFor()
    {
        await using var backend = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(backend, "anthropic");

        await gateway.AskAsync($$"""{"model":"m","input":[{"role":"user","content":"x"},{"type":"compaction_trigger"}],"tools":[{{Live}}]}""");

        Assert.DoesNotContain("web_search", backend.Stats.Bodies[^1], StringComparison.Ordinal);
    }
}
