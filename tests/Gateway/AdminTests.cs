using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway.Telemetry;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What administrators change while the gateway serves.</summary>
public class AdminTests
{
    private const string MasterKey = "sk-master-0123456789";
    private const string Secret = "sk-upstream-secret-9876";

    [Fact]
    public async Task ANewModel_ServesAtOnceAndAfterARestart_AndItsKeyIsNeverShown()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-admin-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        var config = Config(Setup.Model("m", ollama));
        var shown = new List<string>();
        using var logs = new CapturedLogs();
        string id;
        await using (var gateway = await StartAsync(config, folder, logs))
        {
            var made = await ChangeAsync(gateway, "/model/new", new { model_name = "fresh", litellm_params = new { model = "openai/m", api_base = $"{ollama.BaseAddress}v1", api_key = Secret }, model_info = new { mode = "chat" } });
            id = made.GetProperty("model_id").GetString()!;
            Assert.Equal("fresh", made.GetProperty("model_name").GetString());
            Assert.True(made.GetProperty("model_info").GetProperty("db_model").GetBoolean());
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("fresh", "x"))).StatusCode);
            shown.Add(made.ToString());
            shown.Add(await gateway.Http.GetStringAsync("/model/info"));
        }

        await using (var gateway = await StartAsync(config, folder, logs))
        {
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("fresh", "x"))).StatusCode);
            Assert.Equal(Secret, gateway.Services.GetRequiredService<ICatalog>().Current.FindGroup("fresh")!.Deployments.Single().ApiKey);
            shown.Add(await gateway.Http.GetStringAsync("/model/info?litellm_model_id=" + id));
            shown.Add(await gateway.Http.GetStringAsync("/backend/list"));
            shown.Add((await ChangeAsync(gateway, "/model/update", new { litellm_params = new { temperature = 0.5 }, model_info = new { id } })).ToString());
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("fresh", "x"))).StatusCode);
            Assert.Equal($"Model: {id} deleted successfully", (await ChangeAsync(gateway, "/model/delete", new { id })).GetProperty("message").GetString());
            Assert.Equal(404, (int)(await gateway.PostAsync(TestGateway.Chat("fresh", "x"))).StatusCode);
        }

        Assert.Equal(3, ollama.Stats.Started);
        Assert.All(shown, text => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, logs.All, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task EveryChange_IsLoggedWithWhoAndFromWhere_AndNeverWithTheKey()
    {
        await using var ollama = await Setup.OllamaAsync();
        using var logs = new CapturedLogs();
        await using var gateway = await StartAsync(Config(Setup.Model("m", ollama)), logs: logs);
        var backend = Addresses.Normalise(ollama.BaseAddress);
        await ChangeAsync(gateway, "/model/new", new { model_name = "n", litellm_params = new { model = "ollama/m", api_base = backend }, model_info = new { id = "one" } });
        await ChangeAsync(gateway, "/model/update", new { model_name = "o", model_info = new { id = "one" } });
        await ChangeAsync(gateway, "/model/delete", new { id = "one" });
        await ChangeAsync(gateway, "/model/delete", new { id = "one" }, 400);
        await ChangeAsync(gateway, "/backend/drain", new { backend });
        await ChangeAsync(gateway, "/backend/undrain", new { backend });
        await ChangeAsync(gateway, "/catalog/reset", new { });
        Assert.Equal(
            [
                "AddModel one by sk-...6789 from 127.0.0.1: made ",
                "UpdateModel one by sk-...6789 from 127.0.0.1: made ",
                "DeleteModel one by sk-...6789 from 127.0.0.1: made ",
                "DeleteModel one by sk-...6789 from 127.0.0.1: refused: NotFound ",
                $"Drain {backend} by sk-...6789 from 127.0.0.1: made ",
                $"Undrain {backend} by sk-...6789 from 127.0.0.1: made ",
                "ResetCatalog all by sk-...6789 from 127.0.0.1: made ",
            ],
            logs.Of("AdminChange"));
        Assert.DoesNotContain(MasterKey, logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RootsThatStayInForceThoughTheirFileIsAway_AreLoggedWithTheFirstChangeThatFindsThemSo()
    {
        await using var ollama = await Setup.OllamaAsync();
        using var authority = new Authority();
        using var logs = new CapturedLogs();
        var roots = Path.GetTempFileName();
        await File.WriteAllTextAsync(roots, authority.Pem);
        await using var gateway = await StartAsync(Config(Setup.Model("m", ollama), $"litellm_settings: {{ssl_verify: \"{roots}\"}}\n"), logs: logs);
        File.Delete(roots);
        foreach (var id in (string[])["one", "two"])
            await ChangeAsync(gateway, "/model/new", new { model_name = "n", litellm_params = new { model = "ollama/m", api_base = ollama.BaseAddress }, model_info = new { id } });
        Assert.Contains("the certificates that it had before stay in force", Assert.Single(logs.Of("OverlayWarning")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelOfTheFile_IsUpdatedInItsPlace_Deleted_AndAsTheFileSaysAfterAReset()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-admin-").FullName;
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        var config = Config(Setup.Model("m", one));
        string id;
        await using (var gateway = await StartAsync(config, folder))
        {
            id = (await InfoAsync(gateway)).Single().GetProperty("model_info").GetProperty("id").GetString()!;
            await ChangeAsync(gateway, "/model/update", new { litellm_params = new { api_base = two.BaseAddress }, model_info = new { id } });
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
            Assert.Equal((0, 1), (one.Stats.Started, two.Stats.Started));
            Assert.Equal(id, (await InfoAsync(gateway)).Single().GetProperty("model_info").GetProperty("id").GetString());
            await ChangeAsync(gateway, "/model/delete", new { id });
            Assert.Equal(404, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        }

        await using (var gateway = await StartAsync(config, folder))
        {
            Assert.Equal(404, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
            await ChangeAsync(gateway, "/catalog/reset", new { });
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
            Assert.Equal((1, 1), (one.Stats.Started, two.Stats.Started));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ANewContainer_TakesItsShare_AndARemovedOneTakesNothing()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(Config(Setup.Model("m", one)));
        var added = await ChangeAsync(gateway, "/backend/new", new { api_base = two.BaseAddress, models = new[] { "m" }, slots = 3, max_queue = 7, health_interval = 0 });
        Assert.Equal(Addresses.Normalise(two.BaseAddress), added.GetProperty("backend").GetString());
        var listed = (await gateway.Http.GetFromJsonAsync("/backend/list")).GetProperty("data").EnumerateArray().Single(b => b.GetProperty("backend").GetString() == Addresses.Normalise(two.BaseAddress));
        Assert.Equal((3, 7), (listed.GetProperty("slots").GetInt32(), listed.GetProperty("max_queue").GetInt32()));
        Assert.Equal("m", listed.GetProperty("models")[0].GetProperty("model_name").GetString());
        // The address with its slash, as a person writes it.
        await ChangeAsync(gateway, "/backend/delete", new { backend = one.BaseAddress });
        for (var i = 0; i < 5; i++) Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal((0, 5), (one.Stats.Started, two.Stats.Started));
        await ChangeAsync(gateway, "/backend/delete", new { backend = one.BaseAddress }, 400);
    }

    [Fact]
    public async Task ADrainedContainer_FinishesWhatRuns_TakesNothing_AndServesAgainAfterwards()
    {
        var time = new ManualTime();
        await using var one = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var two = await Setup.OllamaAsync();
        var config = Config(Setup.Model("m", one), Setup.QuietWith(", lease: 3600", one)) + "\n";
        await using var gateway = await StartAsync(config);
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => one.Stats.Running == 1, "the inference runs");
        var drained = await ChangeAsync(gateway, "/backend/drain", new { backend = one.BaseAddress });
        Assert.Equal((true, 1), (drained.GetProperty("draining").GetBoolean(), drained.GetProperty("running").GetInt32()));
        Assert.Equal(503, (int)(await gateway.PostAsync(TestGateway.Chat("m", "b"))).StatusCode);
        await ChangeAsync(gateway, "/backend/new", new { api_base = two.BaseAddress, models = new[] { "m" } });
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "c"))).StatusCode);
        Assert.False(running.IsCompleted);
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await running).StatusCode);
        await ChangeAsync(gateway, "/backend/delete", new { backend = two.BaseAddress });
        await ChangeAsync(gateway, "/backend/undrain", new { backend = one.BaseAddress });
        var again = gateway.PostAsync(TestGateway.Chat("m", "d"));
        await Eventually.UntilAsync(() => one.Stats.Running == 1, "it serves again");
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await again).StatusCode);
    }

    [Fact]
    public async Task AChangeThatArrivesTwice_IsMadeOnce()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(Config(Setup.Model("m", ollama)));
        var owner = gateway.Grains.GetGrain<ICatalogGrain>(ICatalogGrain.Key);
        var change = new AddModel { ChangeId = "one", Id = "x", Entry = """{"model_name":"x","litellm_params":{"model":"ollama/x"}}""" };
        for (var i = 0; i < 2; i++) Assert.Equal(1, Assert.IsType<ChangeMade>(await owner.ChangeAsync(change)).Version);
        Assert.Equal(ChangeRefusal.Exists, Assert.IsType<ChangeRefused>(await owner.ChangeAsync(change with { ChangeId = "two" })).Reason);
        Assert.Null(await owner.GetAsync(1));
    }

    [Theory]
    [InlineData("/model/new", """{"litellm_params":{"model":"ollama/x"}}""", "model_name is missing")]
    [InlineData("/model/new", """{"model_name":"x"}""", "litellm_params")]
    [InlineData("/model/new", """{"model_name":"x","litellm_params":{}}""", "model is missing")]
    [InlineData("/model/new", """{"model_name":"x","litellm_params":{"model":"nobody/x"}}""", "names no known provider")]
    [InlineData("/model/new", """{"model_name":"x","litellm_params":{"model":"ollama/x","weight":"heavy"}}""", "litellm_params.weight: expected a number")]
    [InlineData("/model/new", """{"model_name":"x","litellm_params":{"model":"ollama/x"},"model_info":{"id":"of-the-file"}}""", "There is a deployment with the id 'of-the-file'")]
    [InlineData("/model/new", """{"model_name":"x",""", "JSON object")]
    [InlineData("/model/update", """{"model_name":"x"}""", "model_info.id is missing")]
    [InlineData("/model/update", """{"model_info":{"id":"nobody"}}""", "No deployment has the id 'nobody'")]
    [InlineData("/model/update", """{"model_info":{"id":"of-the-file"},"litellm_params":{"api_base":"not an address://"}}""", "litellm_params.api_base: expected an http")]
    [InlineData("/model/delete", """{"id":"nobody"}""", "No deployment has the id 'nobody'")]
    [InlineData("/model/delete", "{}", "id is missing")]
    [InlineData("/backend/new", """{"api_base":"http://localhost:1"}""", "models is missing")]
    [InlineData("/backend/new", """{"api_base":"ftp://localhost","models":["m"]}""", "api_base: expected")]
    [InlineData("/backend/new", """{"api_base":"http://me:secret@localhost","models":["m"]}""", "without a user name")]
    [InlineData("/backend/new", """{"api_base":"http://localhost:1","models":["nobody"]}""", "No model is named 'nobody'")]
    [InlineData("/backend/new", """{"api_base":"http://localhost:1","models":["m"],"slots":0}""", "slots: expected a whole number")]
    [InlineData("/backend/new", """{"api_base":"http://localhost:1","models":["m"],"slot":1}""", "slot: unknown key")]
    [InlineData("/backend/drain", """{"backend":"http://localhost:1"}""", "No backend is named")]
    public async Task AChangeThatCannotBe_IsRefusedInWords_AndChangesNothing(string path, string body, string expected)
    {
        await using var ollama = await Setup.OllamaAsync();
        var model = Setup.Model("m", ollama).Replace("}}\n", "}, model_info: {id: of-the-file}}\n", StringComparison.Ordinal);
        await using var gateway = await StartAsync(Config(model));
        var before = await gateway.Http.GetStringAsync("/model/info");
        var refused = await gateway.PostAsync(body, path: path);
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains(expected, (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await gateway.Http.GetStringAsync("/model/info"));
    }

    [Theory]
    [InlineData("/model/new")]
    [InlineData("/model/update")]
    [InlineData("/model/delete")]
    [InlineData("/backend/new")]
    [InlineData("/backend/delete")]
    [InlineData("/backend/drain")]
    [InlineData("/backend/undrain")]
    [InlineData("/catalog/reset")]
    public async Task WithoutAMasterKey_NobodyChangesAnything_AndWithOneOnlyItsOwner(string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using (var open = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama))))
        {
            var refused = await open.PostAsync("{}", path: path);
            Assert.Equal(403, (int)refused.StatusCode);
            Assert.Equal("master_key_required", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
            Assert.Equal(200, (int)(await open.Http.GetAsync("/backend/list")).StatusCode);
        }

        await using var gateway = await StartAsync(Config(Setup.Model("m", ollama)));
        gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk-other");
        Assert.Equal(401, (int)(await gateway.PostAsync("{}", path: path)).StatusCode);
        Assert.Equal(401, (int)(await gateway.Http.GetAsync("/backend/list")).StatusCode);
    }

    [Fact]
    public async Task AThousandRequests_WhileContainersComeAndGo_AreAllAnswered()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(Config(Setup.Model("m", one)));
        using var over = new CancellationTokenSource();
        var asked = 0;
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Interlocked.Increment(ref asked) <= 1000 || !over.IsCancellationRequested)
            {
                using var answer = await gateway.PostAsync(TestGateway.Chat("m", "x"));
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            }
        }).ToList();
        for (var i = 0; i < 10; i++)
        {
            var (young, old) = i % 2 == 0 ? (two, one) : (one, two);
            await ChangeAsync(gateway, "/backend/new", new { api_base = young.BaseAddress, models = new[] { "m" }, slots = 1 + i });
            await ChangeAsync(gateway, "/backend/delete", new { backend = old.BaseAddress });
        }

        await over.CancelAsync();
        await Task.WhenAll(clients);
        Assert.True(one.Stats.Started > 0 && two.Stats.Started > 0);
    }

    /// <summary>Whoever has taken a broken container out is not woken by it any more.</summary>
    [Fact]
    public async Task ARemovedBackend_IsShownNoMore()
    {
        string[] ofBackends = ["litellm_deployment_state", "orleansllm_circuit_state", "orleansllm_backend_up", "orleansllm_backend_slots"];
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(Config(Setup.Model("m", one) + Setup.Model("n", two), "router_settings: {num_retries: 0, cooldown_time: 3600}\n"));
        one.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 403 });
        (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Dispose();
        (await gateway.PostAsync(TestGateway.Chat("n", "x"))).Dispose();
        await gateway.MetricsUntilAsync(m => m.Samples.Any(s => s.Name == "litellm_deployment_state" && s.Value == 2) && ofBackends.All(name => m.Samples.Count(s => s.Name == name) == 2), "it is sidelined, and both are shown");
        await ChangeAsync(gateway, "/backend/delete", new { backend = one.BaseAddress });
        await gateway.MetricsUntilAsync(m => ofBackends.All(name => m.Samples.Count(s => s.Name == name) == 1), "it is gone");
    }

    private static string Config(string models, string rest = "") => Setup.Config(models, $"general_settings: {{master_key: {MasterKey}}}\n{rest}");

    private static async Task<TestGateway> StartAsync(string config, string? folder = null, CapturedLogs? logs = null)
    {
        var gateway = await TestGateway.StartAsync(config, folder: folder, logs: logs);
        gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", MasterKey);
        return gateway;
    }

    private static async Task<JsonElement> ChangeAsync(TestGateway gateway, string path, object body, int status = 200)
    {
        using var response = await gateway.PostAsync(JsonSerializer.Serialize(body), path: path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task<IEnumerable<JsonElement>> InfoAsync(TestGateway gateway) =>
        (await gateway.Http.GetFromJsonAsync("/model/info")).GetProperty("data").EnumerateArray();
}

file static class HttpExtensions
{
    public static async Task<JsonElement> GetFromJsonAsync(this HttpClient http, string path) => JsonDocument.Parse(await http.GetStringAsync(path)).RootElement;
}
