using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Upstream.OpenAi;

public sealed class RewriteTests
{
    private const string Added = "\"model\":\"up/stream\",\"stream\":true,\"stream_options\":{\"include_usage\":true}";

    [Theory]
    [InlineData("""{}""", "{" + Added + "}")]
    [InlineData("""{"model":"public","messages":[]}""", "{\"messages\":[]," + Added + "}")]
    [InlineData("""{ "model" : "a" , "stream" : false , "x" : 1e400 , "stream_options" : null }""", "{\"x\" : 1e400," + Added + "}")]
    [InlineData("""{"m\u006fdel":"smuggled","model":"twice","str\u0065am":false}""", "{" + Added + "}")]
    [InlineData("""{"x":1,"x":2,"y":"\ud83d\u0041 / é"}""", "{\"x\":1,\"x\":2,\"y\":\"\\ud83d\\u0041 / é\"," + Added + "}")]
    [InlineData("""{"seed":123456789012345678901234567890,"t":1.10}""", "{\"seed\":123456789012345678901234567890,\"t\":1.10," + Added + "}")]
    [InlineData("""{"fallbacks":["b"],"timeout":3,"top_k":5}""", "{\"top_k\":5," + Added + "}")]
    public void Rewrite_ChangesOnlyWhatIsTheGateways(string body, string expected) =>
        Assert.Equal(expected, Rewrite(body, strip: ["fallbacks", "timeout"]));

    [Theory]
    [InlineData("openai", "developer")]
    [InlineData("azure", "developer")]
    [InlineData("mistral", "system")]
    [InlineData("deepseek", "system")]
    [InlineData("groq", "system")]
    [InlineData("hosted_vllm", "system")]
    [InlineData("openai_like", "system")]
    public void TheDeveloper_IsTheSystem_ForAllButOpenAisOwnModels(string provider, string role)
    {
        const string others = """{"content":[{"role":"developer"}],"role":"user"},5],"user":"developer","metadata2":{"role":"developer"}""";

        var sent = Rewrite("""{"messages":[{"role" : "developer", "content":"\"developer\" é"},{"content":"x","role":"developer"},""" + others + "}", provider: provider);

        Assert.Equal("{\"messages\":[{\"role\" : \"" + role + "\", \"content\":\"\\\"developer\\\" é\"},{\"content\":\"x\",\"role\":\"" + role + "\"}," + others + "," + Added + "}", sent);
    }

    [Theory]
    [InlineData("groq", "")]
    [InlineData("mistral", "\"prompt_cache_key\":\"k\",")]
    [InlineData("cerebras", "\"prompt_cache_key\":\"k\",")]
    [InlineData("openai", "\"prompt_cache_key\":\"k\",\"prompt_cache_options\":{\"ttl\":\"30m\"},\"prompt_cache_retention\":\"24h\",\"safety_identifier\":\"s\",\"moderation\":{},")]
    public void WhatTellsOpenAiHowToCache_IsLeftOut_WhereItIsRefused(string provider, string expected) => Assert.Equal(
        "{" + expected + "\"seed\":1," + Added + "}",
        Rewrite("""{"prompt_cache_key":"k","prompt_cache_options":{"ttl":"30m"},"prompt_cache_retention":"24h","safety_identifier":"s","moderation":{},"seed":1}""", provider: provider));

    [Theory]
    [InlineData("openai", null)]
    [InlineData("hosted_vllm", "http://localhost:8000/v1")]
    public void ClaudesOwnWords_AreLeftOut_WhosesoeverTheyAre(string provider, string? address) => Assert.Equal(
        "{\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\"}]," + Added + "}",
        Rewrite("""{"messages":[{"role":"system","content":"a","anthropic_content":{"role":"system"}},{"role":"user","content":"b"}]}""", provider: provider, apiBase: address));

    /// <summary>OpenAI takes 64 characters; what is longer, as Claude Code's is, goes as its hash. A server of one's own gets what the client has said.</summary>
    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", 65, true)]
    [InlineData("azure", "https://x.openai.azure.com", 150, true)]
    [InlineData("openai", "https://api.openai.com/v1", 64, false)]
    [InlineData("openai", "http://localhost:8000/v1", 150, false)]
    [InlineData("openrouter", "https://openrouter.ai/api/v1", 65, false)]
    public void AUserThatIsTooLong_IsToldByItsHash(string provider, string address, int length, bool hashed)
    {
        var user = new string('é', length);

        using var sent = JsonDocument.Parse(Rewrite($$"""{"seed":1,"user" : "{{user}}","top_p":1}""", provider: provider, apiBase: address));

        var told = sent.RootElement.GetProperty("user").GetString();
        Assert.Equal(hashed ? Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(user))) : user, told);
        Assert.Equal(1, sent.RootElement.GetProperty("top_p").GetInt32());
    }

    /// <summary>OpenAI refuses metadata of what it is not to store, and LiteLLM's clients send it with everything.</summary>
    [Theory]
    [InlineData("""{"metadata":{"a":"b"},"seed":1}""", "{\"seed\":1," + Added + "}")]
    [InlineData("""{"metadata":{"a":"b"},"store":true}""", "{\"store\":true,\"metadata\":{\"a\":\"b\"}," + Added + "}")]
    [InlineData("""{"store":false,"metadata":{"a":"b"}}""", "{\"store\":false," + Added + "}")]
    public void Rewrite_KeepsMetadataOfWhatIsStoredOnly(string body, string expected) => Assert.Equal(expected, Rewrite(body));

    [Theory]
    [InlineData("""{"extra_body":{"top_k":5,"chat_template_kwargs":{"a": 1}}}""", "{\"top_k\":5,\"chat_template_kwargs\":{\"a\": 1}," + Added + "}")]
    [InlineData("""{"top_k":1,"extra_body":{"top_k":5,"model":"smuggled","fallbacks":["x"],"stream":false}}""", "{\"top_k\":1," + Added + "}")]
    [InlineData("""{"extra_body":{}}""", "{" + Added + "}")]
    [InlineData("""{"extra_body":null,"seed":1}""", "{\"seed\":1," + Added + "}")]
    public void Rewrite_PutsTheMembersOfExtraBodyInItsPlace(string body, string expected) => Assert.Equal(expected, Rewrite(body, strip: ["fallbacks"]));

    [Fact]
    public void Rewrite_MergesStreamOptions() => Assert.Equal(
        """{"model":"up/stream","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}""",
        Rewrite("""{"stream_options":{"include_usage":false,"include_obfuscation":false}}"""));

    [Fact]
    public void Rewrite_AddsDefaultsWhereTheBodyIsSilent() => Assert.Equal(
        "{\"temperature\":null,\"max_completion_tokens\":7," + Added + ",\"top_p\":0.5,\"stop\":[\"é\"]}",
        Rewrite("""{"temperature":null,"max_completion_tokens":7}""", defaults: """{"temperature":1,"max_tokens":9,"top_p":0.5,"stop":["é"],"stream":false,"model":"no"}"""));

    [Theory]
    [InlineData("[]", "")]
    [InlineData("{\"a\":", "")]
    [InlineData("{} {}", "")]
    [InlineData("{\"stream_options\":5}", "stream_options")]
    public void Rewrite_OfAWrongBody_IsTheCallersFault(string body, string param)
    {
        var thrown = Assert.Throws<UpstreamException>(() => Rewrite(body));

        Assert.True(thrown.Failure.CallerFault);
        Assert.False(thrown.Failure.Retryable);
        Assert.Equal(param, thrown.Failure.Param);
    }

    [Fact]
    public void Rewrite_OfAnyBody_KeepsEveryOtherMemberByteForByte() => Property.ForAllSeeds(
        seed =>
        {
            var random = new Random(seed);
            var body = RandomJson.Object(random, depth: 4, top: true);
            using var before = JsonDocument.Parse(body);
            using var after = JsonDocument.Parse(Rewrite(body, strip: ["strip"]));
            string[] ours = ["model", "stream", "stream_options", "strip"];
            var kept = before.RootElement.EnumerateObject().Where(member => !ours.Contains(member.Name)).Select(Raw);
            var sent = after.RootElement.EnumerateObject().Where(member => !ours.Contains(member.Name)).Select(Raw);
            return kept.SequenceEqual(sent)
                   && after.RootElement.EnumerateObject().Count(member => member.Name == "model") == 1
                   && after.RootElement.GetProperty("stream").GetBoolean()
                   && after.RootElement.GetProperty("stream_options").GetProperty("include_usage").GetBoolean();
        });

    [Theory]
    [InlineData("groq", false)]
    [InlineData("openai", false)]
    [InlineData("azure", false)]
    [InlineData("mistral", false)]
    [InlineData("deepseek", true)]
    [InlineData("hosted_vllm", true)]
    [InlineData("openrouter", true)]
    [InlineData("openai_like", true)]
    [InlineData("openai", true, "http://localhost:8080/v1")]
    [InlineData("openai", false, "https://api.openai.com/v1")]
    [InlineData("openai", false, "https://eu.api.openai.com/v1")]
    [InlineData("openai", false, "https://mine.openai.azure.com/openai/v1")]
    [InlineData("openai", true, "https://openai.com.example/v1")]
    [InlineData("azure", false, "https://mine.openai.azure.com")]
    public void Thoughts_GoToServicesThatReadThem(string provider, bool reads, string? apiBase = null)
    {
        const string user = """{"role":"user","reasoning_content":"mine","content":"\"thinking_blocks\""}""";
        const string thoughtful = """{"reasoning_content":"th","role":"assistant" , "content" : "é",  "thinking_blocks":[{"type":"thinking"}],"provider_specific_fields":{"citations":[]},"tool_calls":[{"reasoning_content":1}]}""";
        const string plain = """{"role":"assistant","content" : "é","tool_calls":[{"reasoning_content":1}]}""";

        var sent = Rewrite($$"""{"messages":[{{user}}, {{thoughtful}} ,{{user}},{"role":"assistant","thinking_blocks":[]}],"reasoning_content":"top"}""", provider: provider, apiBase: apiBase);

        Assert.Equal(
            reads
                ? $$"""{"messages":[{{user}}, {{thoughtful}} ,{{user}},{"role":"assistant","thinking_blocks":[]}],"reasoning_content":"top",{{Added}}}"""
                : $$"""{"messages":[{{user}}, {{plain}} ,{{user}},{"role":"assistant"}],"reasoning_content":"top",{{Added}}}""",
            sent);
    }

    /// <summary>Wherever it stands among its neighbours; what a client calls so in a tool's schema is its own.</summary>
    [Theory]
    [InlineData("openai", false)]
    [InlineData("azure", false)]
    [InlineData("deepseek", false)]
    [InlineData("groq", false)]
    [InlineData("openrouter", true)]
    [InlineData("hosted_vllm", true)]
    [InlineData("openai", true, "http://localhost:4000/v1")]
    public void CacheMarks_GoToServicesThatTakeThem(string provider, bool takes, string? apiBase = null)
    {
        const string m = """
            "cache_control" : {"type":"ephemeral","ttl":"1h"}
            """;
        const string schema = """{"type":"object","properties":{"cache_control":{"type":"string"}},"cache_control":1}""";
        const string marked = $$$"""
            {{{{m}}},"messages":[{"role":"system","content":[{"type":"text","text":"a",{{{m}}}},{{{{m}}} , "type":"text","text":"\"cache_control\""}, {{{{m}}}}]},
            {"role":"assistant",{{{m}}},{{{m}}},"tool_calls":[{"id":"1",{{{m}}},"function":{"name":"f","arguments":"{\"cache_control\":1}"}}], {{{m}}}},
            {{{{m}}},{{{m}}},"role":"user","content":"x"}, 5 ],
            "tools":[{{{{m}}},"type":"function","function":{"name":"f",{{{m}}},"parameters":{{{schema}}}}}],"x":[{{{{m}}}}]}
            """;
        const string plain = $$$"""
            {"messages":[{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"\"cache_control\""}, {}]},
            {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"cache_control\":1}"}}]},
            {"role":"user","content":"x"}, 5 ],
            "tools":[{"type":"function","function":{"name":"f","parameters":{{{schema}}}}}],"x":[{{{{m}}}}]}
            """;
        Assert.Equal(Bare(takes ? marked : plain), Bare(Rewrite(marked, provider: provider, apiBase: apiBase).Replace("," + Added, "", StringComparison.Ordinal)));

        static string Bare(string json) => JsonDocument.Parse(json).RootElement.GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"assistant","reasoning_content":"th"},5],"x":""")]
    [InlineData("""{"messages":[{"role":"user","cache_control":{}},5],"x":""")]
    [InlineData("""{"cache_control":""")]
    [InlineData("""["reasoning_content"]""")]
    [InlineData("""{"messages":[{"role":"developer"},5],"x":""")]
    [InlineData("""{"\ud800":"reasoning_content"}""")]
    public void ABodyThatIsWrong_IsSoWithThoughtsAsWell(string body) => Assert.True(Assert.Throws<UpstreamException>(() => Rewrite(body)).Failure.CallerFault);

    private static string Raw(JsonProperty member) => member.Name + "=" + member.Value.GetRawText();

    private static string Rewrite(string body, string[]? strip = null, string defaults = "{}", string provider = "openai", string? apiBase = null)
    {
        using var parsed = JsonDocument.Parse(defaults);
        return Encoding.UTF8.GetString(OpenAiRewrite.Rewrite(new UpstreamRequest
        {
            Provider = provider, Model = "up/stream", PublicModel = "public", Body = Encoding.UTF8.GetBytes(body), CompletionId = "c", Created = 1,
            ApiBase = apiBase is null ? null : new Uri(apiBase),
            StripFields = (strip ?? []).ToHashSet(),
            Defaults = parsed.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.Clone()),
        }).Span);
    }
}

/// <summary>JSON as odd as it may legally be: white space, escapes, big numbers, repeated names.</summary>
internal static class RandomJson
{
    private static readonly string[] Names =
        ["model", "stream", "stream_options", "strip", "messages", "x", "x", "", "m\\u006fdel", "é", "\\u0000", "temperature", "a\\\"b"];

    private static readonly string[] Scalars =
        ["0", "-0.0", "1e5", "123456789012345678901234567890", "1.50", "true", "false", "null", "\"\"", "\"\\ud83d\\ude00\"", "\"é\\n\\/\"", "\"}{,\""];

    public static string Object(Random random, int depth, bool top = false)
    {
        var members = Enumerable.Range(0, random.Next(6)).Select(_ =>
        {
            var name = Names[random.Next(Names.Length)];
            var value = top && name == "stream_options" ? "{}" : Value(random, depth - 1);
            return string.Create(CultureInfo.InvariantCulture, $"{Space(random)}\"{name}\"{Space(random)}:{Space(random)}{value}{Space(random)}");
        });
        return "{" + string.Join(',', members) + Space(random) + "}";
    }

    private static string Value(Random random, int depth) => (depth > 0 ? random.Next(3) : 0) switch
    {
        1 => Object(random, depth),
        2 => "[" + string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1))) + "]",
        _ => Scalars[random.Next(Scalars.Length)],
    };

    private static string Space(Random random) => random.Next(4) switch { 0 => " ", 1 => "\n\t", _ => "" };
}
