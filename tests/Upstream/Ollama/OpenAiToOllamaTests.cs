using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Ollama;

namespace OrleansLlm.Upstream.Ollama;

public sealed class OpenAiToOllamaTests
{
    private const string Hello = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
    private const string Start = "{\"model\":\"llama\",\"stream\":true,\"messages\":[";

    [Theory]
    [InlineData("""{"role":"user","content":"é \ud83d\ude00"}""", """{"role":"user","content":"é \ud83d\ude00"}""")]
    [InlineData("""{"role":"developer","content":"rules"}""", """{"role":"system","content":"rules"}""")]
    [InlineData("""{"role":"assistant","content":null}""", """{"role":"assistant","content":""}""")]
    [InlineData("""{"role":"user","name":"ann","content":[{"type":"text","text":"a\"b"},{"type":"text","text":"c"}]}""", """{"role":"user","content":"a\"b\nc"}""")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk=","detail":"low"}},{"type":"text","text":"what?"}]}""", """{"role":"user","content":"what?","images":["aGk="]}""")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,aGk="}]}""", """{"role":"user","content":"","images":["aGk="]}""")]
    [InlineData("""{"role":"assistant","reasoning_content":"hm","content":"x"}""", """{"role":"assistant","content":"x","thinking":"hm"}""")]
    [InlineData(
        """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": [1, \"é\"]}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"c2","content":"42"},{"role":"tool","tool_call_id":"c9","name":"h","content":[{"type":"text","text":"43"}]}""",
        """{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"index":0,"name":"f","arguments":{"a":[1,"é"]}}},{"id":"c2","function":{"index":1,"name":"g","arguments":{}}}]},{"role":"tool","content":"42","tool_call_id":"c2","tool_name":"g"},{"role":"tool","content":"43","tool_call_id":"c9","tool_name":"h"}""")]
    public void Messages_AreSaidInOllamasWords(string messages, string expected)
    {
        var (body, dropped) = Translate("{\"messages\":[" + messages + "]}");

        Assert.Equal(Normal(Start + expected + "]}"), Normal(body));
        Assert.Empty(dropped);
    }

    [Theory]
    [InlineData("\"max_tokens\":5", "\"options\":{\"num_predict\":5}")]
    [InlineData("\"max_tokens\":5,\"max_completion_tokens\":7", "\"options\":{\"num_predict\":7}")]
    [InlineData("\"max_completion_tokens\":7,\"max_tokens\":5", "\"options\":{\"num_predict\":7}")]
    [InlineData("\"stop\":\"x\"", "\"options\":{\"stop\":[\"x\"]}")]
    [InlineData("\"stop\":[\"x\",\"y\"],\"seed\":12345678901234567890", "\"options\":{\"stop\":[\"x\",\"y\"],\"seed\":12345678901234567890}")]
    [InlineData(
        "\"temperature\":0.10,\"top_p\":1,\"top_k\":2,\"min_p\":0.1,\"frequency_penalty\":0.5,\"presence_penalty\":-0.5",
        "\"options\":{\"temperature\":0.10,\"top_p\":1,\"top_k\":2,\"min_p\":0.1,\"frequency_penalty\":0.5,\"presence_penalty\":-0.5}")]
    [InlineData("\"temperature\":null", "")]
    [InlineData("\"options\":{\"temperature\":1,\"mirostat\":2},\"temperature\":0", "\"options\":{\"temperature\":0,\"mirostat\":2}")]
    [InlineData("\"temperature\":0,\"options\":{\"temperature\":1}", "\"options\":{\"temperature\":0}")]
    [InlineData("\"keep_alive\":\"5m\"", "\"keep_alive\":\"5m\"")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "\"format\":\"json\"")]
    [InlineData("\"response_format\":{\"type\":\"json_object\",\"response_schema\":{\"type\":\"object\"}}", "\"format\":{\"type\":\"object\"}")]
    [InlineData("\"response_format\":{\"type\":\"json_object\",\"response_schema\":null}", "\"format\":\"json\"")]
    [InlineData("\"response_format\":{\"type\":\"text\"}", "")]
    [InlineData(
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}", "\"format\":{\"type\":\"object\"}")]
    [InlineData("\"reasoning_effort\":\"high\"", "\"think\":true")]
    [InlineData("\"reasoning_effort\":\"none\"", "\"think\":false")]
    [InlineData("\"reasoning_effort\":\"disable\"", "\"think\":false")]
    [InlineData("\"reasoning_effort\":\"default\"", "")]
    [InlineData("\"extra_body\":{\"top_k\":2,\"temperature\":1,\"options\":{\"mirostat\":2},\"messages\":[],\"model\":\"other\"},\"temperature\":0", "\"options\":{\"top_k\":2,\"mirostat\":2,\"temperature\":0}")]
    [InlineData("\"think\":true", "\"think\":true")]
    [InlineData("\"think\":\"high\"", "\"think\":\"high\"")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":3", "\"logprobs\":true,\"top_logprobs\":3")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]")]
    [InlineData("\"tools\":[{\"type\":\"function\"}],\"tool_choice\":\"none\"", "")]
    [InlineData("\"n\":1,\"user\":\"u\",\"stream\":false,\"stream_options\":{\"include_usage\":true},\"metadata\":{}", "")]
    public void Parameters_FindTheirPlace(string given, string expected)
    {
        var (body, dropped) = Translate("{" + Hello + "," + given + "}");

        Assert.Equal(Normal(Start + "{\"role\":\"user\",\"content\":\"hi\"}]" + (expected.Length > 0 ? "," + expected : "") + "}"), Normal(body));
        Assert.Empty(dropped);
    }

    [Theory]
    [InlineData("gpt-oss:20b", "high", "\"high\"")]
    [InlineData("hf.co/unsloth/GPT-OSS-20b-GGUF", "minimal", "\"low\"")]
    [InlineData("gpt-oss:20b", "none", "false")]
    [InlineData("qwen3:4b", "minimal", "true")]
    [InlineData("qwen3:4b", "medium", "true")]
    public void HowHardToThink_IsToldToModelsThatKnowLevels(string model, string effort, string expected)
    {
        var (body, _) = Translate("{" + Hello + ",\"reasoning_effort\":\"" + effort + "\"}", model: model);

        Assert.EndsWith(",\"think\":" + expected + "}", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"type":"web_search_20250305","name":"web_search"},{"type":"function","function":{"name":"f"}}]""", """[{"type":"function","function":{"name":"f"}}]""")]
    [InlineData("""[{"type":"custom","custom":{"name":"c"}}]""", null)]
    public void ToolsOfAnotherKind_AreLeftOutAndNamed(string tools, string? expected)
    {
        var (body, dropped) = Translate("{" + Hello + ",\"tools\":" + tools + "}");

        Assert.Equal(["tools.type"], dropped);
        Assert.Equal(expected, JsonDocument.Parse(body).RootElement.TryGetProperty("tools", out var sent) ? sent.GetRawText() : null);
    }

    [Theory]
    [InlineData("""{"type":"function","function":{"name":"second"}}""", "second")]
    [InlineData("""{"type":"function","function":{"name":"nobody"}}""", "first,second")]
    [InlineData("\"required\"", "first,second")]
    public void AToolThatMustBeCalled_IsTheOnlyOneTold(string choice, string expected)
    {
        var (body, dropped) = Translate("{" + Hello + ",\"tool_choice\":" + choice + ""","tools":[{"type":"function","function":{"name":"first"}},{"type":"function","function":{"name":"second"}}]}""");

        Assert.Equal(["tool_choice"], dropped);
        Assert.Equal(expected, string.Join(',', JsonDocument.Parse(body).RootElement.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("function").GetProperty("name").GetString())));
    }

    [Fact]
    public void Parameters_ThatOllamaLacks_AreDroppedAndReported()
    {
        var (body, dropped) = Translate("{" + Hello + ",\"logit_bias\":{},\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"brand_new\":1}");

        Assert.Equal(["logit_bias", "tool_choice", "parallel_tool_calls", "brand_new"], dropped);
        Assert.Equal(Start + "{\"role\":\"user\",\"content\":\"hi\"}]}", body);
    }

    [Fact]
    public void RunnerOptions_InTheBody_AreDroppedSoThatNoClientReloadsTheModel()
    {
        var body = "{" + Hello + ",\"num_ctx\":99,\"options\":{\"num_ctx\":98,\"num_gpu\":1,\"temperature\":1}}";

        var (kept, dropped) = Translate(body, defaults: "{\"num_ctx\":4096}");
        var (allowed, _) = Translate(body, defaults: "{\"num_ctx\":4096}", allowRunnerOptions: true);

        Assert.EndsWith("\"options\":{\"num_ctx\":4096,\"temperature\":1}}", kept, StringComparison.Ordinal);
        Assert.Equal(["options.num_ctx", "options.num_gpu", "num_ctx"], dropped);
        Assert.Contains("\"num_ctx\":99", allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_YieldToTheBody()
    {
        var (body, _) = Translate(
            "{" + Hello + ",\"temperature\":0.1,\"max_completion_tokens\":3,\"keep_alive\":null}",
            defaults: "{\"temperature\":0.9,\"max_tokens\":50,\"top_p\":0.5,\"keep_alive\":\"1h\",\"options\":{\"num_thread\":2,\"seed\":1},\"messages\":[]}");

        Assert.EndsWith(
            "\"content\":\"hi\"}],\"options\":{\"num_thread\":2,\"seed\":1,\"top_p\":0.5,\"temperature\":0.1,\"num_predict\":3}}", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "messages")]
    [InlineData("{\"messages\":{}}", "messages")]
    [InlineData("{\"messages\":[1]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\"},{\"role\":\"king\"}]}", "messages[1].role")]
    [InlineData("{\"messages\":[{\"role\":5}]}", "messages[0].role")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":5}]}", "messages[0].content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]}", "messages[0].content[0].type")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}", "messages[0].content[0].text")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://10.0.0.1/x.png\"}}]}]}", "messages[0].content[0].image_url.url")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,***\"}}]}]}", "messages[0].content[0].image_url.url")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":5}}]}]}", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":[]}}]}]}", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}", "messages[0].tool_calls[0].function")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":5}]}", "messages[0].tool_calls")]
    [InlineData("{\"messages\":[],\"n\":2}", "n")]
    [InlineData("{\"messages\":[],\"temperature\":\"hot\"}", "temperature")]
    [InlineData("{\"messages\":[],\"options\":{\"top_k\":\"x\"}}", "options.top_k")]
    [InlineData("{\"messages\":[],\"options\":[]}", "options")]
    [InlineData("{\"messages\":[],\"stop\":[1]}", "stop")]
    [InlineData("{\"messages\":[],\"tools\":{}}", "tools")]
    [InlineData("{\"messages\":[],\"response_format\":{\"type\":\"xml\"}}", "response_format.type")]
    [InlineData("{\"messages\":[],\"response_format\":{\"type\":\"json_schema\"}}", "response_format.json_schema.schema")]
    [InlineData("{\"messages\":[],\"reasoning_effort\":\"some\"}", "reasoning_effort")]
    [InlineData("[]", "")]
    [InlineData("{\"a\":", "")]
    public void WrongTypes_AreTheCallersFaultAndNamed(string body, string param)
    {
        var thrown = Assert.Throws<UpstreamException>(() => Translate(body));

        Assert.True(thrown.Failure is { CallerFault: true, Retryable: false, BeforeFirstToken: true, Status: 400 });
        Assert.Equal(param, thrown.Failure.Param);
    }

    [Fact]
    public void AnyBody_IsTranslatedOrTheCallersFault() => Property.ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var body = Encoding.UTF8.GetBytes(
            """{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"}],"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{}"}}]}],"options":{"a":1},"response_format":{"type":"json_schema","json_schema":{"schema":{}}},"stop":["a"],"n":1}""");
        for (var change = random.Next(4); change > 0; change--)
        {
            string[] bits = ["{", "}", "[", "]", "\"", "1", "null", ",", "\\ud800"];
            var bit = Encoding.UTF8.GetBytes(bits[random.Next(bits.Length)]);
            var at = random.Next(body.Length - bit.Length);
            bit.CopyTo(body, at);
        }

        try
        {
            using var document = JsonDocument.Parse(Translate(Encoding.UTF8.GetString(body)).Body);
            return document.RootElement.GetProperty("model").GetString() == "llama";
        }
        catch (UpstreamException wrong)
        {
            return wrong.Failure.CallerFault;
        }
    });

    private static string Normal(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement);

    private static (string Body, IReadOnlyList<string> Dropped) Translate(string body, string defaults = "{}", bool allowRunnerOptions = false, string model = "llama")
    {
        using var parsed = JsonDocument.Parse(defaults);
        var report = new UpstreamReport();
        var (chat, _) = OpenAiToOllama.Translate(
            new UpstreamRequest
            {
                Provider = "ollama", Model = model, PublicModel = "public", Body = Encoding.UTF8.GetBytes(body), CompletionId = "c", Created = 1,
                Defaults = parsed.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.Clone()),
                AllowRunnerOptions = allowRunnerOptions,
            },
            report);
        return (Encoding.UTF8.GetString(chat.Span), report.DroppedParameters);
    }
}
