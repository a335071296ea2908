using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A change is taken by one node and holds on all of them.</summary>
public class AdminTests
{
    [Fact]
    public async Task AChange_HoldsAtOnceWhereItWasTaken_SoonOnEveryOtherNode_AndOutlivesItsOwner()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", one), "general_settings: {master_key: sk-1}\n" + Setup.Quiet(one)));
        var first = WithKey(cluster.Http);
        var second = WithKey(await cluster.AddFrontEndAsync());
        foreach (var (name, served) in new[] { ("x", 1), ("y", 2), ("z", 3) })
        {
            await PostAsync(first, "/model/new", new { model_name = name, litellm_params = new { model = "ollama/m", api_base = two.BaseAddress }, model_info = new { id = name } });
            // At once, whichever silos the request and the new backend are woken on.
            await ChatAsync(first, name);
            Assert.Equal(served, two.Stats.Started);
            await Eventually.UntilAsync(async () => await ServesAsync(second, name), "the other front end serves it");
            await Eventually.UntilAsync(() => cluster.Silos.Silos.All(s => s.ServiceProvider.GetRequiredService<ICatalog>().Current.FindGroup(name) is not null), "every silo knows it");
        }

        await cluster.Silos.KillSiloAsync(await cluster.SiloOfAsync(cluster.Silos.Client.GetGrain<ICatalogGrain>(ICatalogGrain.Key)));
        var third = WithKey(await cluster.AddFrontEndAsync());
        await Eventually.UntilAsync(async () => await ServesAsync(third, "x"), "a front end that starts later serves it", GatewayCluster.AfterAKill);
        await PostAsync(third, "/model/delete", new { id = "x" });
        Assert.False(await ServesAsync(third, "x"));
        await Eventually.UntilAsync(async () => !await ServesAsync(first, "x") && !await ServesAsync(second, "x"), "it is gone on the others", GatewayCluster.AfterAKill);
        Assert.True(await ServesAsync(first, "y"));
    }

    [Fact]
    public async Task ABackendTakenAway_LosesNoRequest_OnWhicheverNodeItArrives()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", one), "general_settings: {master_key: sk-1}\n" + Setup.Quiet(one, two)));
        HttpClient[] nodes = [WithKey(cluster.Http), WithKey(await cluster.AddFrontEndAsync())];
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 6).Select(async i =>
        {
            while (!over.IsCancellationRequested) await ChatAsync(nodes[i % 2], "m");
        }).ToList();
        for (var i = 0; i < 6; i++)
        {
            var (young, old) = i % 2 == 0 ? (two, one) : (one, two);
            await PostAsync(nodes[i % 2], "/backend/new", new { api_base = young.BaseAddress, models = new[] { "m" } });
            // The other node knows the new one before the old one goes.
            await Eventually.UntilAsync(async () => await KnowsAsync(nodes[(i + 1) % 2], young), "the other front end knows the new backend");
            await PostAsync(nodes[i % 2], "/backend/delete", new { backend = Addresses.Normalise(old.BaseAddress) });
            await Eventually.UntilAsync(async () => !await KnowsAsync(nodes[(i + 1) % 2], old), "the other front end has let go of the old one");
        }

        await over.CancelAsync();
        await Task.WhenAll(clients);
        Assert.True(one.Stats.Started > 0 && two.Stats.Started > 0);
    }

    private static HttpClient WithKey(HttpClient http)
    {
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk-1");
        return http;
    }

    private static async Task<bool> ServesAsync(HttpClient http, string model) => (await http.GetStringAsync("/v1/models")).Contains($"\"{model}\"", StringComparison.Ordinal);

    private static async Task<bool> KnowsAsync(HttpClient http, Simulator.SimulatedOllama backend) =>
        (await http.GetStringAsync("/backend/list")).Contains($"\"{Addresses.Normalise(backend.BaseAddress)}\"", StringComparison.Ordinal);

    private static Task ChatAsync(HttpClient http, string model) => PostAsync(http, "/v1/chat/completions", new { model, messages = new[] { new { role = "user", content = "x" } } });

    private static async Task PostAsync(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsync(path, new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
