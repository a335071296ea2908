using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Grains;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Responses on three silos, read through any of them.</summary>
public class ResponseTests
{
    [Fact]
    public async Task WhenItsSiloDies_AResponseInTheBackgroundHasFailed_AndIsNotInProgressForEver()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var id = await BeginAsync(cluster.Http, background: true);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var dying = cluster.SiloOfTheInference();
        var node = await cluster.AddFrontEndAsync(cluster.Silos.Silos.First(s => s != dying));
        Assert.Equal("in_progress", await StatusAsync(node, id));
        await cluster.Silos.KillSiloAsync(dying);
        await Eventually.UntilAsync(async () => await StatusAsync(node, id) == "failed", "whoever asks is told that it has failed", GatewayCluster.AfterAKill);
        Assert.Equal("failed", await StatusAsync(node, id));
    }

    /// <summary>Half of them come to it first: none of those that were acknowledged has failed for that.</summary>
    [Fact]
    public async Task WhileASiloDrains_ResponsesInTheBackgroundAreBegunAtTheOthers()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<ProcessDrain>().Begin();
        for (var i = 0; i < 12; i++)
        {
            var id = await BeginAsync(cluster.Http, background: true);
            await Eventually.UntilAsync(async () => await StatusAsync(cluster.Http, id) is var status && (status == "completed" || (status == "failed" ? throw new InvalidOperationException($"{i} has failed") : false)), "it is answered");
        }

        Assert.Equal(12, ollama.Stats.Finished);
    }

    [Fact]
    public async Task AResponseInTheBackground_IsAnsweredOnEveryNode_AndGoneOnFromAfterAKill()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var id = await BeginAsync(cluster.Http, background: true);
        foreach (var silo in cluster.Silos.Silos.ToList())
        {
            var node = await cluster.AddFrontEndAsync(silo);
            await Eventually.UntilAsync(async () => await StatusAsync(node, id) == "completed", "it is answered");
        }

        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[1]);
        var left = await cluster.AddFrontEndAsync(cluster.Silos.Silos[0]);
        // Its home may be the one that is gone: the next has it from the store, as soon as the dead is known to be.
        await Eventually.UntilAsync(async () => await StatusAsync(left, id) == "completed", "it is there after the kill", GatewayCluster.AfterAKill);
        await BeginAsync(left, background: false, previous: id);
        using var asked = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        Assert.Equal(3, asked.RootElement.GetProperty("messages").GetArrayLength());
    }

    private static async Task<string> BeginAsync(HttpClient node, bool background, string? previous = null)
    {
        var body = JsonSerializer.Serialize(new { model = "m", input = "hello", background, previous_response_id = previous });
        using var response = await node.PostAsync("/v1/responses", new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 200, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>The status that is told, or the HTTP status of an answer that tells none.</summary>
    private static async Task<string> StatusAsync(HttpClient node, string id)
    {
        using var response = await node.GetAsync($"/v1/responses/{id}");
        if (!response.IsSuccessStatusCode) return $"{(int)response.StatusCode}";
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("status").GetString()!;
    }
}
