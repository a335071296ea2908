using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway.Doors;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>Requests to <c>/v1/responses</c> and <c>/v1/conversations</c> as plain HTTP.</summary>
internal static class ResponsesGateway
{
    public static Task<TestGateway> StartAsync(SimulatedOllama ollama, string provider = "ollama_chat", TimeProvider? time = null, string? folder = null, string options = "") =>
        TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, provider), Setup.Quiet(ollama) + options), time, folder);

    public static async Task<HttpResponseMessage> SendAsync(this TestGateway gateway, HttpMethod method, string path, string? json = null, string key = "mine")
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Add("Authorization", $"Bearer {key}");
        return await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The answer as JSON; the status is what is expected.</summary>
    public static async Task<JsonElement> JsonAsync(this TestGateway gateway, HttpMethod method, string path, string? json = null, string key = "mine", int status = 200)
    {
        using var response = await gateway.SendAsync(method, path, json, key);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{method} {path}: {(int)response.StatusCode} {text}");
        var answer = JsonDocument.Parse(text).RootElement.Clone();
        Check(path, answer);
        return answer;
    }

    public static Task<JsonElement> AskAsync(this TestGateway gateway, string json, string key = "mine", int status = 200) =>
        gateway.JsonAsync(HttpMethod.Post, "/v1/responses", json, key, status);

    /// <summary>The events of a streamed response, from first to last; each name stands in its data as well.</summary>
    public static async Task<List<JsonElement>> EventsAsync(HttpResponseMessage response)
    {
        using var sse = await SseText.OfAsync(Task.FromResult(response));
        List<JsonElement> events = [];
        foreach (var text in SseText.Events(await sse.ReadToEndAsync()))
        {
            var lines = text.Split('\n');
            Assert.Equal(2, lines.Length);
            var json = JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement.Clone();
            Assert.Equal(lines[0]["event: ".Length..], json.GetProperty("type").GetString());
            OpenAiTypes.CheckEvent(json);
            events.Add(json);
        }

        return events;
    }

    /// <summary>Whatever is answered is what OpenAI's schema says.</summary>
    private static void Check(string path, JsonElement answer)
    {
        if (answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && !answer.TryGetProperty("object", out _))
        {
            OpenAiTypes.Check("ErrorResponse", answer);
            return;
        }

        var type = (answer.TryGetProperty("object", out var kind) ? kind.GetString() : "item") switch
        {
            "item" => "ConversationItem",
            // Of a deletion the schema says nothing.
            "response" => answer.TryGetProperty("deleted", out _) ? null : "Response",
            "response.input_tokens" => "TokenCountsResource",
            "response.compaction" => "CompactResource",
            "conversation" => "ConversationResource",
            "conversation.deleted" => "DeletedConversationResource",
            "list" => path.Contains("/input_items", StringComparison.Ordinal) ? "ResponseItemList" : "ConversationItemList",
            _ => null,
        };
        if (type is not null) OpenAiTypes.Check(type, answer);
    }

    public static string TypeOf(JsonElement json) => json.GetProperty("type").GetString()!;

    public static string TextOf(JsonElement response) => string.Concat(
        response.GetProperty("output").EnumerateArray().Where(i => TypeOf(i) == "message").SelectMany(i => i.GetProperty("content").EnumerateArray()).Select(p => p.GetProperty("text").GetString()));

    public static string IdOf(JsonElement json) => json.GetProperty("id").GetString()!;

    public static string StatusOf(JsonElement json) => json.GetProperty("status").GetString()!;

    public static string Answer(string text) => $"This is a simulated answer from m to: {text}";

    /// <summary>What the backend was asked last, as role:text.</summary>
    public static string[] Messages(SimulatedOllama ollama)
    {
        using var body = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        return [.. body.RootElement.GetProperty("messages").EnumerateArray().Select(m => $"{m.GetProperty("role").GetString()}:{(m.TryGetProperty("content", out var content) ? content.ToString() : "")}")];
    }
}
