using System.Text.Json.Nodes;

namespace OrleansLlm.Upstream.Conformance;

/// <summary>
/// Whatever conversation an OpenAI client may send, the services with rules of their own (turns, pairs of calls and results, no empty texts) take
/// what is made of it: the simulator refuses what they refuse.
/// </summary>
public sealed class ConversationTests
{
    [Theory]
    [MemberData(nameof(ProviderTests.Providers), MemberType = typeof(ProviderTests))]
    public async Task AnyConversation_IsTaken(string provider)
    {
        await using var harness = await Harness.StartAsync();
        Property.ForAllSeeds(seed =>
        {
            var random = new Random(seed);
            var body = new JsonObject { ["messages"] = Conversation(random) };
            if (random.Next(2) == 0) body["tools"] = new JsonArray(Tool("look"), Tool("find"));
            if (random.Next(3) == 0) body["max_tokens"] = random.Next(1, 5000);
            if (random.Next(3) == 0) body["temperature"] = random.NextDouble() * 2;
            if (random.Next(3) == 0) body["top_p"] = 0.5;
            if (random.Next(3) == 0) body["stop"] = random.Next(2) == 0 ? "\n" : new JsonArray("END", " ");
            if (random.Next(3) == 0) body["reasoning_effort"] = "high";
            if (random.Next(4) == 0) body["response_format"] = new JsonObject { ["type"] = "json_object" };

            var request = harness.Request(provider, body.ToJsonString()) with { Model = "qwen3:think" };
            var chunks = harness.CollectAsync(request).GetAwaiter().GetResult();

            return chunks[^1].FinishReason is not null;
        });
    }

    /// <summary>OpenAI's clients send it back as they got it; a service that forwards it is OpenAI's, or judges itself.</summary>
    [Theory]
    [MemberData(nameof(ProviderTests.Providers), MemberType = typeof(ProviderTests))]
    public async Task ARefusal_IsToldAsWhatTheModelSaid(string provider)
    {
        await using var harness = await Harness.StartAsync();
        foreach (var content in new[] { "", "\"content\":null,", "\"content\":\"\"," })
        {
            await harness.CollectAsync(harness.Request(
                provider, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\"," + content + "\"refusal\":\"I will \\\"not\\\"\"},{\"role\":\"user\",\"content\":\"y\"}]}"));
            Assert.Contains("I will \\\"not\\\"", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        }
    }

    /// <summary>A model that ran out of tokens within a call has said half an object. Agents tell it so, with that call in the history ever after.</summary>
    [Theory]
    [MemberData(nameof(ProviderTests.Providers), MemberType = typeof(ProviderTests))]
    public async Task ACallWithoutAnObject_DoesNotEndTheConversation(string provider)
    {
        await using var harness = await Harness.StartAsync();
        foreach (var arguments in new[] { """{\"city\":\"Ber""", """[\"Berlin\"]""", "\\\"Berlin\\\"", "Berlin" })
        {
            var chunks = await harness.CollectAsync(harness.Request(provider, """{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"ARGUMENTS"}}]},"""
                .Replace("ARGUMENTS", arguments, StringComparison.Ordinal) + """{"role":"tool","tool_call_id":"c1","content":"no JSON"},{"role":"user","content":"y"}]}"""));

            Assert.Equal("stop", chunks[^1].FinishReason);
            Assert.Contains(arguments, harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
        }
    }

    private static JsonArray Conversation(Random random)
    {
        var messages = new JsonArray();
        if (random.Next(2) == 0) messages.Add(Message("system", Content(random, mayBeEmpty: true)));
        messages.Add(Message("user", Content(random, mayBeEmpty: false)));
        for (var turn = random.Next(6); turn > 0; turn--)
        {
            switch (random.Next(5))
            {
                case 0:
                    messages.Add(Message("user", Content(random, mayBeEmpty: true)));
                    break;
                case 1:
                    messages.Add(Message("assistant", Text(random, mayBeEmpty: true)));
                    break;
                case 2:
                    messages.Add(Message(random.Next(2) == 0 ? "system" : "developer", Text(random, mayBeEmpty: true)));
                    break;
                default:
                    AddCalls(messages, random, turn);
                    break;
            }
        }

        messages.Add(Message("user", Content(random, mayBeEmpty: false)));
        return messages;
    }

    private static void AddCalls(JsonArray messages, Random random, int turn)
    {
        var calls = new JsonArray();
        var results = new List<JsonObject>();
        for (var at = random.Next(1, 4); at > 0; at--)
        {
            var id = $"call.{turn}:{at}";
            calls.Add(new JsonObject
            {
                ["id"] = id, ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = random.Next(2) == 0 ? "look" : "find", ["arguments"] = random.Next(3) switch { 0 => "", 1 => "{}", _ => "{\"q\": [1, \"é\"]}" } },
            });
            var result = Message("tool", random.Next(3) switch { 0 => "", 1 => "{\"a\":1}", _ => Text(random, mayBeEmpty: true) });
            result["tool_call_id"] = id;
            results.Add(result);
        }

        var message = Message("assistant", random.Next(2) == 0 ? null : Text(random, mayBeEmpty: true));
        message["tool_calls"] = calls;
        messages.Add(message);
        foreach (var result in results) messages.Add(result);
    }

    private static JsonObject Message(string role, JsonNode? content) => new() { ["role"] = role, ["content"] = content };

    private static JsonNode Content(Random random, bool mayBeEmpty)
    {
        if (random.Next(2) == 0) return Text(random, mayBeEmpty);
        var parts = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = Text(random, mayBeEmpty) });
        if (!mayBeEmpty && random.Next(3) == 0)
            parts.Add(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "data:image/png;base64,aGk=" } });
        return parts;
    }

    private static JsonValue Text(Random random, bool mayBeEmpty) => JsonValue.Create(random.Next(mayBeEmpty ? 0 : 2, 6) switch
    {
        0 => "", 1 => " \n", 2 => "x ", 3 => "😀 \"quoted\" \\ \u2028", 4 => "call nothing", _ => "漢字",
    });

    private static JsonObject Tool(string name) => new()
    {
        ["type"] = "function", ["function"] = new JsonObject { ["name"] = name, ["parameters"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() } },
    };
}
