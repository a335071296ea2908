using System.Net;
using System.Text;
using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway;

/// <summary>LiteLLM's routing by tags, through the whole gateway.</summary>
public class TagRoutingTests
{
    private const string Filtering = "router_settings: {num_retries: 2, retry_after: 0.001, enable_tag_filtering: true}\n";

    [Theory]
    [InlineData("paid", "", "paid")]
    [InlineData(" other ,free", "", "free")]
    [InlineData(null, ",\"tags\":[\"free\"]", "free")]
    [InlineData(null, ",\"metadata\":{\"tags\":[\"free\"],\"trace\":{\"id\":1}}", "free")]
    [InlineData(null, ",\"litellm_metadata\":{\"tags\":[\"free\"]}", "free")]
    [InlineData(null, "", "plain")]
    // OpenAI's own metadata are texts, and no tags.
    [InlineData(null, ",\"metadata\":{\"tags\":\"free\"}", "plain")]
    [InlineData("nobody's", "", "plain")]
    public async Task ARequestGoesWhereItsTagsSay(string? header, string body, string served)
    {
        await using var three = await Three.StartAsync(Filtering);
        Assert.Equal(HttpStatusCode.OK, (await three.AskAsync(header, body)).StatusCode);
        Assert.Equal(served, three.Served);
        Assert.DoesNotContain("tags", three.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherDoors_TakeTagsAsWell()
    {
        await using var three = await Three.StartAsync(Filtering);
        await three.SendAsync("/v1/messages", """{"model":"m","max_tokens":5,"litellm_metadata":{"tags":["free"]},"metadata":{"user_id":"u"},"messages":[{"role":"user","content":"x"}]}""", null);
        Assert.Equal("free", three.Served);
        await three.SendAsync("/v1/responses", """{"model":"m","tags":["paid"],"input":"x"}""", null);
        Assert.Equal("free paid", three.Served);
        await three.SendAsync("/api/chat", """{"model":"m","messages":[{"role":"user","content":"x"}]}""", "free");
        Assert.Equal("free free paid", three.Served);
    }

    [Fact]
    public async Task WithoutFiltering_TagsMeanNothing()
    {
        await using var paid = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Tagged("m", paid, "paid")));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, "/v1/chat/completions", TestGateway.Chat("m", "x"), "other")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, "/v1/chat/completions", """{"model":"m","tags":7,"messages":[{"role":"user","content":"x"}]}""", null)).StatusCode);
    }

    [Theory]
    [InlineData(",\"tags\":7", "tags")]
    [InlineData(",\"tags\":[\"paid\",{}]", "tags[1]")]
    [InlineData(",\"metadata\":{\"tags\":[[\"paid\"]]}", "metadata.tags[0]")]
    public async Task TagsThatAreNone_AreNamed(string body, string param)
    {
        await using var three = await Three.StartAsync(Filtering);
        var refused = await three.AskAsync(null, body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(param, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await three.AskAsync(string.Join(',', Enumerable.Range(0, 65)), "")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await three.AskAsync(new string('t', 257), "")).StatusCode);
    }

    [Fact]
    public async Task RetriesStayAmongTheDeploymentsOfTheTags_WhoeverIsBroken()
    {
        await using var three = await Three.StartAsync(Filtering);
        three.Paid.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 3 });
        Assert.Equal(HttpStatusCode.InternalServerError, (await three.AskAsync("paid", "")).StatusCode);
        Assert.Equal((3L, 0L, 0L), (three.Paid.Stats.Requests, three.Free.Stats.Requests, three.Plain.Stats.Requests));
    }

    [Fact]
    public async Task AFallbackGroup_IsLookedThroughByTheSameTags()
    {
        await using var spare = await Setup.OllamaAsync();
        await using var other = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Tagged("m", other, "paid") + Tagged("spare", other, "paid") + Tagged("spare", spare, "free"), "router_settings: {num_retries: 0, enable_tag_filtering: true, fallbacks: [{m: [spare]}]}\n"));
        var served = await AskAsync(gateway, "/v1/chat/completions", TestGateway.Chat("m", "x"), "free");
        Assert.Contains("\"model\":\"spare\"", await served.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((0L, 1L), (other.Stats.Requests, spare.Stats.Requests));
        // When no group has anybody for them, the first one's failure is told.
        var refused = await AskAsync(gateway, "/v1/chat/completions", TestGateway.Chat("m", "x"), "nobody's");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var error = await Setup.ErrorAsync(refused);
        Assert.Equal(("no_deployments_for_tags", "tags"), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.StartsWith("Not allowed to access model due to tags configuration. Passed model=m and tags=['nobody's']", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerOfOneTag_IsNoneOfAnother()
    {
        await using var three = await Three.StartAsync(Filtering + "litellm_settings: {cache: true, cache_params: {type: local, ttl: 600}}\n");
        await three.AskAsync("paid", "");
        await three.AskAsync("paid", "");
        await three.AskAsync("free", "");
        Assert.Equal((1L, 1L), (three.Paid.Stats.Requests, three.Free.Stats.Requests));
    }

    [Fact]
    public async Task AKeyAndItsTeam_HaveTagsOfTheirOwn()
    {
        await using var paid = await Setup.OllamaAsync();
        await using var free = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(
            paid, models: Tagged("t", paid, "paid") + Tagged("t", free, "free"), general: ", reject_clientside_metadata_tags: true", more: "", settings: "", router: "num_retries: 0, enable_tag_filtering: true");
        await gateway.AskAsync("/team/new", new { team_id = "research", metadata = new { tags = new[] { "free" } } });
        var ofTeam = await gateway.NewKeyAsync(new { team_id = "research" });
        var ofKey = await gateway.NewKeyAsync(new { tags = new[] { "paid" } });
        var ofMetadata = await gateway.NewKeyAsync(new { metadata = new { tags = new[] { "paid" } } });
        var ofNeither = await gateway.NewKeyAsync(new { metadata = new { tags = new[] { "other" } } });
        Assert.Equal(200, await gateway.ChatStatusAsync(ofTeam, "t"));
        Assert.Equal((0L, 1L), (paid.Stats.Requests, free.Stats.Requests));
        Assert.Equal(200, await gateway.ChatStatusAsync(ofKey, "t"));
        Assert.Equal(200, await gateway.ChatStatusAsync(ofMetadata, "t"));
        Assert.Equal((2L, 1L), (paid.Stats.Requests, free.Stats.Requests));
        Assert.Equal(400, await gateway.ChatStatusAsync(ofNeither, "t"));
        // Here no client says them itself.
        var refused = await gateway.PostAsync("/v1/chat/completions", new { model = "t", tags = new[] { "free" }, messages = new[] { new { role = "user", content = "x" } } }, ofKey);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("client_tags_refused", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
        Assert.Equal((2L, 1L), (paid.Stats.Requests, free.Stats.Requests));
    }

    private static string Tagged(string name, SimulatedOllama at, string tags) =>
        $"  - {{model_name: {name}, litellm_params: {{model: ollama_chat/m, api_base: \"{at.BaseAddress}\", tags: [{tags}]}}}}\n";

    private static async Task<HttpResponseMessage> AskAsync(TestGateway gateway, string path, string body, string? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (header is not null) request.Headers.Add("x-litellm-tags", header);
        return await gateway.Http.SendAsync(request);
    }

    /// <summary>One model at three containers: for who has paid, for others, and for whoever says nothing.</summary>
    private sealed class Three(SimulatedOllama paid, SimulatedOllama free, SimulatedOllama plain, TestGateway gateway) : IAsyncDisposable
    {
        public SimulatedOllama Paid => paid;

        public SimulatedOllama Free => free;

        public SimulatedOllama Plain => plain;

        public SimulatedOllama[] All => [free, paid, plain];

        /// <summary>Each once for every request that it has had.</summary>
        public string Served => string.Join(' ', All.Zip(["free", "paid", "plain"]).SelectMany(o => Enumerable.Repeat(o.Second, (int)o.First.Stats.Requests)));

        public string Body => All.SelectMany(o => o.Stats.Bodies).Single();

        public static async Task<Three> StartAsync(string settings)
        {
            var (paid, free, plain) = (await Setup.OllamaAsync(), await Setup.OllamaAsync(), await Setup.OllamaAsync());
            return new Three(paid, free, plain, await TestGateway.StartAsync(Setup.Config(Tagged("m", paid, "paid") + Tagged("m", free, "free") + Tagged("m", plain, "default"), settings)));
        }

        public Task<HttpResponseMessage> AskAsync(string? header, string body) =>
            SendAsync("/v1/chat/completions", $$"""{"model":"m"{{body}},"messages":[{"role":"user","content":"x"}]}""", header);

        public Task<HttpResponseMessage> SendAsync(string path, string body, string? header) => TagRoutingTests.AskAsync(gateway, path, body, header);

        public async ValueTask DisposeAsync()
        {
            await gateway.DisposeAsync();
            foreach (var one in All) await one.DisposeAsync();
        }
    }
}
