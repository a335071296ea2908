using System.Text.Json;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>Responses that their client waits for, and what is stored of them.</summary>
public class ResponseTests
{
    private const string Tool = """{"type":"function","name":"get_weather","description":"The weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}""";

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    public async Task AResponse_HasEveryField_AndIsReadAgainAsItWas(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, provider);
        var answer = await gateway.AskAsync("""{"model":"m","input":"hello","instructions":"be kind","metadata":{"a":"b"},"temperature":0.5,"max_output_tokens":500}""");
        Assert.Equal(Answer("hello"), TextOf(answer));
        Assert.Equal(("completed", "response", "m"), (StatusOf(answer), answer.GetProperty("object").GetString(), answer.GetProperty("model").GetString()));
        Assert.StartsWith("resp_", IdOf(answer), StringComparison.Ordinal);
        foreach (var name in (string[])["created_at", "error", "incomplete_details", "instructions", "metadata", "parallel_tool_calls", "temperature", "top_p", "tools", "tool_choice", "usage", "truncation", "reasoning", "text", "store", "background", "previous_response_id"])
        {
            Assert.True(answer.TryGetProperty(name, out _), name);
        }

        var usage = answer.GetProperty("usage");
        Assert.True(usage.GetProperty("input_tokens").GetInt64() > 0 && usage.GetProperty("output_tokens").GetInt64() > 0);
        Assert.Equal(["system:be kind", "user:hello"], Messages(ollama));
        var again = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(answer)}");
        Assert.Equal(answer.GetRawText(), again.GetRawText());
    }

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    [InlineData("openai/responses")]
    public async Task AStream_IsTypedEvents_ThatEndInTheStoredResponse(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, provider);
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", """{"model":"m","input":"hello","stream":true}"""));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => e.GetProperty("sequence_number").GetInt32()));
        Assert.Equal(
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"], events.Take(4).Select(TypeOf));
        Assert.Equal(
            ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"], events.TakeLast(4).Select(TypeOf));
        Assert.Equal(Answer("hello"), string.Concat(events.Where(e => TypeOf(e) == "response.output_text.delta").Select(e => e.GetProperty("delta").GetString())));
        var whole = events[^1].GetProperty("response");
        Assert.Equal(whole.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(whole)}")).GetRawText());
    }

    [Fact]
    public async Task Tools_AreCalled_AndTheirResultsGoOnFromTheCall()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var first = await gateway.AskAsync($$"""{"model":"m","input":"Call get_weather please","tools":[{{Tool}},{"type":"web_search"}]}""");
        var call = Assert.Single(first.GetProperty("output").EnumerateArray());
        Assert.Equal(("function_call", "get_weather"), (TypeOf(call), call.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(call.GetProperty("arguments").GetString()!).RootElement.ValueKind);
        var result = $$"""{"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"sunny"}""";
        // By the response that called, by naming the call, and by repeating it.
        foreach (var input in new[]
        {
            $$""" "previous_response_id":"{{IdOf(first)}}","input":[{{result}}]""",
            $$""" "input":[{"role":"user","content":"Call get_weather please"},{"type":"item_reference","id":"{{IdOf(call)}}"},{{result}}]""",
            $$""" "input":[{"role":"user","content":"Call get_weather please"},{{call.GetRawText()}},{{result}}]""",
        })
        {
            var second = await gateway.AskAsync($$"""{"model":"m","tools":[{{Tool}}],{{input}}}""");
            Assert.Equal("completed", StatusOf(second));
            Assert.Equal(["user", "assistant", "tool"], Messages(ollama).Select(m => m.Split(':')[0]));
        }
    }

    [Fact]
    public async Task ResultsOfCalls_GoBeforeWhatIsSaidBesides()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "openai");
        var first = await gateway.AskAsync($$"""{"model":"m","input":"Call get_weather please","tools":[{{Tool}}]}""");
        var call = first.GetProperty("output")[0].GetProperty("call_id").GetString();
        await gateway.AskAsync($$"""{"model":"m","tools":[{{Tool}}],"previous_response_id":"{{IdOf(first)}}","input":[{"role":"user","content":"also this"},{"type":"function_call_output","call_id":"{{call}}","output":"sunny"}]}""");
        Assert.Equal(["user", "assistant", "tool", "user"], Messages(ollama).Select(m => m.Split(':')[0]));
    }

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    public async Task CallsSideBySide_AreItemsOfTheirOwn_StreamedAndStored(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, provider);
        var other = Tool.Replace("get_weather", "get_time", StringComparison.Ordinal);
        var body = $$"""{"model":"m","input":"Call get_weather and get_time","stream":true,"tools":[{{Tool}},{{other}}]}""";
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", body));
        var whole = events[^1].GetProperty("response");
        var calls = whole.GetProperty("output").EnumerateArray().ToList();
        Assert.Equal(["get_weather", "get_time"], calls.Select(c => c.GetProperty("name").GetString()));
        Assert.Equal(2, calls.Select(c => c.GetProperty("call_id").GetString()).Distinct().Count());
        foreach (var (call, index) in calls.Select((c, i) => (c, i)))
        {
            var deltas = events.Where(e => TypeOf(e) == "response.function_call_arguments.delta" && e.GetProperty("output_index").GetInt32() == index);
            Assert.Equal(call.GetProperty("arguments").GetString(), string.Concat(deltas.Select(e => e.GetProperty("delta").GetString())));
        }

        Assert.Equal(whole.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(whole)}")).GetRawText());
    }

    [Fact]
    public async Task AToolThatNobodyHereRuns_IsLeftOut_AndTold()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/responses", """{"model":"m","input":"x","tools":[{"type":"web_search"},{"type":"computer"},{"type":"namespace","name":"n","description":"","tools":[]}],"tool_choice":"auto","include":["reasoning.encrypted_content"],"client_metadata":{"a":"b"},"store":false}""");
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("computer, web_search", response.Headers.GetValues("x-dropped-tools").Single());
        Assert.DoesNotContain("tools", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACustomTool_GetsFreeText_StreamedAndStored()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        const string body = """{"model":"m","input":"use apply_patch","tools":[{"type":"custom","name":"apply_patch"}],"stream":true}""";
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", body));
        var call = events[^1].GetProperty("response").GetProperty("output")[0];
        Assert.Equal(("custom_tool_call", "use apply_patch"), (TypeOf(call), call.GetProperty("input").GetString()));
        Assert.Contains(events, e => TypeOf(e) == "response.custom_tool_call_input.done");
    }

    [Fact]
    public async Task AChain_CarriesItsHistory_WithoutItsInstructions_AndOutlivesADeletion()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var one = IdOf(await gateway.AskAsync("""{"model":"m","input":"one","instructions":"be kind"}"""));
        var two = IdOf(await gateway.AskAsync($$"""{"model":"m","input":"two","previous_response_id":"{{one}}"}"""));
        Assert.Equal(["user:one", $"assistant:{Answer("one")}", "user:two"], Messages(ollama));
        var deleted = await gateway.JsonAsync(HttpMethod.Delete, $"/v1/responses/{one}");
        Assert.True(deleted.GetProperty("deleted").GetBoolean());
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{one}", status: 404);
        var gone = await gateway.AskAsync($$"""{"model":"m","input":"x","previous_response_id":"{{one}}"}""", status: 400);
        Assert.Equal("previous_response_not_found", gone.GetProperty("error").GetProperty("code").GetString());
        // Two forks of the same response know nothing of one another.
        foreach (var said in new[] { "three", "four" })
        {
            await gateway.AskAsync($$"""{"model":"m","input":"{{said}}","instructions":"be short","previous_response_id":"{{two}}"}""");
            Assert.Equal(["system:be short", "user:one", $"assistant:{Answer("one")}", "user:two", $"assistant:{Answer("two")}", $"user:{said}"], Messages(ollama));
        }

        var items = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{two}/input_items?order=asc");
        Assert.Equal(["user", "assistant", "user"], items.GetProperty("data").EnumerateArray().Select(i => i.GetProperty("role").GetString()));
        var page = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{two}/input_items?limit=1");
        Assert.Equal((true, "two"), (page.GetProperty("has_more").GetBoolean(), page.GetProperty("data")[0].GetProperty("content")[0].GetProperty("text").GetString()));
        page = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{two}/input_items?limit=2&after={page.GetProperty("last_id").GetString()}");
        Assert.Equal((false, 2), (page.GetProperty("has_more").GetBoolean(), page.GetProperty("data").GetArrayLength()));
    }

    [Fact]
    public async Task AllInput_IsNew_EvenWhatWasSaidBefore()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var one = IdOf(await gateway.AskAsync("""{"model":"m","input":"one"}"""));
        await gateway.AskAsync($$"""{"model":"m","previous_response_id":"{{one}}","input":[{"role":"user","content":"one"},{"role":"assistant","content":"{{Answer("one")}}"},{"role":"user","content":"two"}]}""");
        Assert.Equal(["user:one", $"assistant:{Answer("one")}", "user:one", $"assistant:{Answer("one")}", "user:two"], Messages(ollama));
    }

    [Fact]
    public async Task WhatIsNotStored_OrAnothers_IsNotThere()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var unstored = IdOf(await gateway.AskAsync("""{"model":"m","input":"x","store":false}"""));
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{unstored}", status: 404);
        var hers = IdOf(await gateway.AskAsync("""{"model":"m","input":"secret","user":"ada"}""", key: "hers"));
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{hers}", key: "hers");
        foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Get, "/input_items"), (HttpMethod.Post, "/cancel"), (HttpMethod.Get, "?stream=true") })
        {
            await gateway.JsonAsync(method, $"/v1/responses/{hers}{path}", key: "his", status: 404);
        }

        await gateway.AskAsync($$"""{"model":"m","input":"x","previous_response_id":"{{hers}}"}""", key: "his", status: 400);
        // An item of hers that he names says nothing to him.
        await gateway.AskAsync($$"""{"model":"m","input":[{"type":"item_reference","id":"msg_{{hers[5..]}}_0"}]}""", key: "his", status: 400);
        Assert.Equal("completed", StatusOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{hers}", key: "hers")));
    }

    [Fact]
    public async Task ALengthThatIsReached_MakesItIncomplete()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var answer = await gateway.AskAsync("""{"model":"m","input":"hello","max_output_tokens":2}""");
        Assert.Equal(("incomplete", "max_output_tokens"), (StatusOf(answer), answer.GetProperty("incomplete_details").GetProperty("reason").GetString()));
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", """{"model":"m","input":"hello","max_output_tokens":2,"stream":true}"""));
        Assert.Equal("response.incomplete", TypeOf(events[^1]));
    }

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    public async Task AnAnswerThatBreaksOff_IsAFailedEvent_AndIsNotStored(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, provider);
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.CloseMidStream, AfterTokens = 3 });
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", """{"model":"m","input":"hello there my friend","stream":true}"""));
        Assert.Equal("response.failed", TypeOf(events[^1]));
        var failed = events[^1].GetProperty("response");
        Assert.Equal("failed", StatusOf(failed));
        Assert.NotEmpty(failed.GetProperty("error").GetProperty("message").GetString()!);
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(failed)}", status: 404);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "input")]
    [InlineData("""{"model":"m","input":[]}""", "input")]
    [InlineData("""{"model":"m","input":7}""", "input")]
    [InlineData("""{"model":"m","input":"x","store":false,"background":true}""", "background")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"resp_1","conversation":"c"}""", "conversation")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"nonsense"}""", "previous_response_id")]
    [InlineData("""{"model":"m","input":[{"role":"nobody","content":"x"}]}""", "input[0].role")]
    [InlineData("""{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}""", "input[0].content[0]")]
    [InlineData("""{"model":"m","input":"x","tools":[{"type":"function"}]}""", "tools[0].name")]
    [InlineData("""{"model":"m","input":"x","truncation":"sometimes"}""", "truncation")]
    [InlineData("""{"model":"m","input":"x","metadata":{"a":1}}""", "metadata.a")]
    [InlineData("""{"model":"m","input":"x","prompt":{"id":"p"}}""", "prompt")]
    public async Task AMistake_IsA400_ThatNamesItsField(string body, string param)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        Assert.Equal(param, (await gateway.AskAsync(body, status: 400)).GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task AHistoryThatDoesNotFit_IsShortenedByTurns_UnlessThatIsForbidden()
    {
        await using var ollama = await Setup.OllamaAsync();
        var models = $"  - {{model_name: m, litellm_params: {{model: ollama_chat/m, api_base: \"{ollama.BaseAddress}\"}}, model_info: {{max_input_tokens: 60}}}}\n";
        await using var gateway = await TestGateway.StartAsync(Setup.Config(models, Setup.Quiet(ollama)));
        var last = "";
        for (var i = 0; i < 4; i++)
        {
            var previous = last.Length > 0 ? $"\"previous_response_id\":\"{last}\"," : "";
            last = IdOf(await gateway.AskAsync($$"""{"model":"m",{{previous}}"input":"number {{i}} of the many things that I say"}"""));
        }

        Assert.InRange(Messages(ollama).Length, 2, 5);
        Assert.Equal("user:number 3 of the many things that I say", Messages(ollama)[^1]);
        var refused = await gateway.AskAsync($$"""{"model":"m","previous_response_id":"{{last}}","truncation":"disabled","input":"more"}""", status: 400);
        Assert.Equal("context_length_exceeded", refused.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task ARestart_KeepsResponses_AndErasingAUserTakesThemAway()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-responses-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        const string master = "general_settings: {master_key: sk-master}\n";
        string first;
        await using (var gateway = await StartAsync(ollama, folder: folder, options: master))
        {
            first = IdOf(await gateway.AskAsync("""{"model":"m","input":"one","user":"ada"}""", key: "sk-master"));
        }

        await using (var gateway = await StartAsync(ollama, folder: folder, options: master))
        {
            var second = IdOf(await gateway.AskAsync($$"""{"model":"m","input":"two","user":"ada","previous_response_id":"{{first}}"}""", key: "sk-master"));
            Assert.Equal(3, Messages(ollama).Length);
            var erased = await gateway.JsonAsync(HttpMethod.Delete, "/v1/users/user:ada/conversations", key: "sk-master");
            Assert.Equal((2, 0), (erased.GetProperty("responses").GetInt32(), erased.GetProperty("conversations").GetInt32()));
            Assert.Equal([first, second], erased.GetProperty("ids").EnumerateArray().Select(i => i.GetString()));
            Assert.True(erased.GetProperty("bytes").GetInt64() > 0);
            foreach (var id in new[] { first, second }) await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", key: "sk-master", status: 404);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task TheOldestOfTooMany_IsDeleted()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), "router_settings: {num_retries: 0}\ngateway_settings: {conversations: {max_responses: 2}}\n"));
        List<string> ids = [];
        for (var i = 0; i < 3; i++) ids.Add(IdOf(await gateway.AskAsync("""{"model":"m","input":"x"}""")));
        await Support.Eventually.UntilAsync(async () => (int)(await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{ids[0]}")).StatusCode == 404, "the oldest is gone");
        foreach (var id in ids[1..]) await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}");
    }

    [Fact]
    public async Task TokensOfAnInput_AreEstimated_HistoryIncluded()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var first = IdOf(await gateway.AskAsync("""{"model":"m","input":"twenty letters here."}"""));
        var alone = await gateway.JsonAsync(HttpMethod.Post, "/v1/responses/input_tokens", """{"model":"m","input":"abcdefgh"}""");
        Assert.Equal(("response.input_tokens", true), (alone.GetProperty("object").GetString(), alone.GetProperty("input_tokens").GetInt64() is > 0 and < 10));
        var chained = await gateway.JsonAsync(HttpMethod.Post, "/openai/v1/responses/input_tokens", $$"""{"model":"m","input":"abcdefgh","previous_response_id":"{{first}}"}""");
        Assert.True(chained.GetProperty("input_tokens").GetInt64() > alone.GetProperty("input_tokens").GetInt64() + 10);
        // As the request itself would be.
        await gateway.JsonAsync(HttpMethod.Post, "/v1/responses/input_tokens", $$"""{"model":"m","input":"x","previous_response_id":"resp_{{new string('a', 32)}}"}""", status: 400);
        await gateway.JsonAsync(HttpMethod.Post, "/v1/responses/input_tokens", """{"model":"m","input":"x","conversation":"conv_nowhere"}""", status: 404);
    }
}
