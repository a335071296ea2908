using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansLlm.Keys;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Virtual keys on three silos and several front ends.</summary>
public class KeyTests
{
    private const string Master = "sk-the-master-key-1234";

    [Fact]
    public async Task AKeyMadeAtOneNode_WorksAtAllAtOnce_OutlivesItsSilo_AndIsBlockedEverywhere()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama) + $"general_settings: {{master_key: {Master}}}\n"));
        List<HttpClient> nodes = [cluster.Http];
        foreach (var silo in cluster.Silos.Silos) nodes.Add(await cluster.AddFrontEndAsync(silo));
        var made = await AskAsync(nodes[1], "/key/generate", Master, new { key_alias = "shared", rpm_limit = 1000 });
        var key = made.GetProperty("key").GetString()!;
        foreach (var node in nodes) Assert.Equal(200, await ModelsAsync(node, key));

        var home = await cluster.SiloOfAsync(cluster.Silos.Client.GetGrain<IAccountGrain>(AccountKeys.Of(AccountKind.Key, made.GetProperty("token").GetString()!)));
        var survivors = nodes.Where((_, i) => i == 0 || cluster.Silos.Silos[i - 1] != home).ToList();
        await cluster.Silos.KillSiloAsync(home);
        Assert.Equal(3, survivors.Count);
        // Nobody notices: those who knew the key go by that until its new home has been found.
        foreach (var node in survivors) Assert.Equal(200, await ModelsAsync(node, key));
        Assert.Equal(200, await ChatAsync(survivors[1], key));

        Assert.Equal("shared", (await AskAsync(survivors[0], "/key/list?return_full_object=true", Master)).GetProperty("keys")[0].GetProperty("key_alias").GetString());
        await AskAsync(survivors[2], "/key/block", Master, new { key });
        Assert.Equal(401, await ModelsAsync(survivors[2], key));
        foreach (var node in survivors) await Eventually.UntilAsync(async () => await ModelsAsync(node, key) == 401, "the block is known here as well", GatewayCluster.AfterAKill);
    }

    private static async Task<int> ModelsAsync(HttpClient node, string key) => (int)(await SendAsync(node, "/v1/models", key, null)).StatusCode;

    private static async Task<int> ChatAsync(HttpClient node, string key) =>
        (int)(await SendAsync(node, "/v1/chat/completions", key, new { model = "m", messages = new[] { new { role = "user", content = "x" } } })).StatusCode;

    private static async Task<JsonElement> AskAsync(HttpClient node, string path, string key, object? body = null)
    {
        var response = await SendAsync(node, path, key, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient node, string path, string key, object? body)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await node.SendAsync(request);
    }
}
