using System.Text.Json;
using OrleansLlm.Support;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

public class ErasedResponseTests
{
    [Fact]
    public async Task WhoErasesWhatItHasStoredForAUser_ErasesItsResponsesAsWell()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var asked = new StringContent("""{"model":"m","input":"x","user":"ada"}""", System.Text.Encoding.UTF8, "application/json");
        var answer = await gateway.Http.PostAsync("/v1/responses", asked);
        using var stored = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var path = "/v1/responses/" + stored.RootElement.GetProperty("id").GetString();
        Assert.Equal(200, (int)(await gateway.Http.GetAsync(path)).StatusCode);
        var erased = await gateway.Http.DeleteAsync("/v1/conversations?user=ada");
        using var told = JsonDocument.Parse(await erased.Content.ReadAsStringAsync());
        Assert.Equal(1, told.RootElement.GetProperty("responses").GetInt32());
        Assert.Equal(404, (int)(await gateway.Http.GetAsync(path)).StatusCode);
    }

    /// <summary>A response carries all that it went on from, and would bring it back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatIsErasedWhileAnAnswerGoesOnFromIt_StaysErased(bool inConversation)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 3);
        await using var gateway = await StartAsync(ollama);
        var conversation = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"));
        var first = IdOf(await EndOf(gateway.AskAsync(inConversation ? $$"""{"model":"m","input":"secret","conversation":"{{conversation}}"}""" : """{"model":"m","input":"secret"}"""), time));
        var source = inConversation ? $"\"conversation\":\"{conversation}\"" : $"\"previous_response_id\":\"{first}\"";
        var second = gateway.AskAsync($$"""{"model":"m","input":"more",{{source}}}""");
        await Eventually.UntilAsync(() => ollama.Stats.Started == 2, "the second is being answered");
        Assert.Contains("user:secret", Messages(ollama));
        Assert.Equal(1, (await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations")).GetProperty("responses").GetInt32());
        var answered = await EndOf(second, time);
        Assert.Equal("completed", StatusOf(answered));
        foreach (var id in new[] { first, IdOf(answered) })
        {
            await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", status: 404);
            await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}/input_items", status: 404);
        }

        await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{conversation}/items", status: 404);
        Assert.Equal(0, (await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations")).GetProperty("responses").GetInt32());
    }

    /// <summary>It carries what it went on from.</summary>
    [Fact]
    public async Task AResponseWhosePreviousOneMadeRoomForIt_Stays()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, options: "  conversations: {max_responses: 1}\n");
        var previous = IdOf(await gateway.AskAsync("""{"model":"m","input":"first"}"""));
        for (var i = 0; i < 3; i++)
        {
            var next = IdOf(await gateway.AskAsync($$"""{"model":"m","input":"more","previous_response_id":"{{previous}}"}"""));
            await Eventually.UntilAsync(async () => (int)(await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{previous}")).StatusCode == 404, "it has made room");
            previous = next;
        }

        Assert.Contains("user:first", Messages(ollama));
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{previous}");
    }

    [InjectedTimeFact]
    public async Task AResponseWhosePreviousOneCameToTheEndOfItsTime_Stays()
    {
        // Time is what the answers take, and what passes besides.
        var (inference, time) = (new ManualTime(), new ManualTime());
        await using var ollama = await Setup.OllamaAsync(time: inference, perToken: Setup.Second, tokens: 3);
        await using var gateway = await StartAsync(ollama, time: time, options: "  conversations: {ttl: 60}\n");
        var previous = IdOf(await EndOf(gateway.AskAsync("""{"model":"m","input":"first"}"""), inference));
        time.Advance(TimeSpan.FromSeconds(50));
        var second = gateway.AskAsync($$"""{"model":"m","input":"more","previous_response_id":"{{previous}}"}""");
        await Eventually.UntilAsync(() => ollama.Stats.Started == 2, "the second is being answered");
        time.Advance(TimeSpan.FromSeconds(11));
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{previous}", status: 404);
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(await EndOf(second, inference))}");
    }

    private static async Task<JsonElement> EndOf(Task<JsonElement> answer, ManualTime time)
    {
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(Setup.Second);
                return answer.IsCompleted;
            },
            "it is answered");
        return await answer;
    }
}
