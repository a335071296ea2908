using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLlm.Ledger;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>The row that every request leaves.</summary>
public class LedgerTests
{
    private const string Priced = ", input_cost_per_token: 0.001, output_cost_per_token: 0.01";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAnswer_LeavesARowOfWhatItUsed(bool stream)
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        var body = $$"""{"model":"m","user":"ada","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"x"}]}""";
        var response = await gateway.PostAsync(body);
        await response.Content.ReadAsStringAsync();
        var row = (await RowsAsync(gateway, 1)).Single();
        Assert.Equal((response.Headers.GetValues("x-request-id").Single(), "user:ada", "science", "m", "m", "ollama_chat/m"),
            (row.RequestId, row.UserId, row.TeamId, row.Model, row.ModelGroup, row.UpstreamModel));
        Assert.Equal((LedgerRow.Success, 5, false, stream, 0, 0), (row.Status, row.CompletionTokens, row.Estimated, row.Stream, row.Retries, row.Fallbacks));
        Assert.True(row is { PromptTokens: > 0, LatencyMs: > 0, FirstTokenMs: > 0, CacheHit: false }, row.ToString());
        Assert.Equal((row.PromptTokens * 0.001) + (5 * 0.01), row.Cost!.Value, 9);
        Assert.Equal(64, row.KeyHash?.Length ?? 64);
        if (stream) Assert.False(response.Headers.Contains("x-litellm-response-cost"));
        else Assert.Equal(row.Cost.Value, double.Parse(response.Headers.GetValues("x-litellm-response-cost").Single(), CultureInfo.InvariantCulture), 9);
    }

    /// <summary>Services end in the order in which they do not begin.</summary>
    [Fact]
    public async Task TheLedger_EndsAfterTheEngine_WhoseLastGrainsMayHaveRows()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        Assert.IsAssignableFrom<ILedger>(gateway.Services.GetServices<IHostedService>().First());
    }

    [Fact]
    public async Task ABackendThatTellsNoUsage_IsEstimatedAndMarked()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        ollama.Faults.Add(new Fault { Kind = FaultKind.OmitUsage });
        await (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Content.ReadAsStringAsync();
        Assert.True((await RowsAsync(gateway, 1)).Single() is { Estimated: true, CompletionTokens: > 0, PromptTokens: > 0, Cost: > 0 });
    }

    [Fact]
    public async Task AnAnswerThatBreaksOff_CostsWhatWasWritten()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 9);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3 });
        await (await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true))).Content.ReadAsStringAsync();
        var row = (await RowsAsync(gateway, 1)).Single();
        Assert.True(row is { Status: "upstream_status", Estimated: true, CompletionTokens: >= 3, Cost: > 0 }, row.ToString());
    }

    [Fact]
    public async Task AWholeAnswerThatBreaksOff_CostsWhatAStreamedOneDoes()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 9);
        await using var gateway = await TestGateway.StartAsync(Config(ollama, "  limits: {all: {max_budget: 100}}\n"));
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3 });
        await (await gateway.PostAsync(TestGateway.Chat("m", "xxxxxxxx"))).Content.ReadAsStringAsync();
        var row = (await RowsAsync(gateway, 1)).Single();
        Assert.True(row is { Status: "upstream_status", Estimated: true, PromptTokens: 3, CompletionTokens: >= 3, Cost: > 0.03, DeploymentId: not null }, row.ToString());
        var next = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.InRange(100 - double.Parse(next.Headers.GetValues("x-budget-remaining").Single(), CultureInfo.InvariantCulture), row.Cost!.Value - 0.0001, 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("litellm_settings: {cache: true, cache_params: {type: local}}\n")]
    public async Task WhatAWholeAnswerHasCostThatBrokeOff_IsPaidWithTheOneThatFollows(string cache)
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 9);
        await using var gateway = await TestGateway.StartAsync(Config(ollama, "  limits: {all: {max_budget: 100}}\n" + cache).Replace("num_retries: 0", "num_retries: 1", StringComparison.Ordinal));
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "xxxxxxxx"))).StatusCode);
        var plain = (await RowsAsync(gateway, 1)).Single();
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3 });
        var answer = await gateway.PostAsync(TestGateway.Chat("m", "yyyyyyyy"));
        Assert.Equal((200, "1"), ((int)answer.StatusCode, answer.Headers.GetValues("x-litellm-attempted-retries").Single()));
        var row = (await RowsAsync(gateway, 2)).Single(r => r.RequestId != plain.RequestId);
        Assert.True(row.PromptTokens >= plain.PromptTokens + 3 && row.CompletionTokens >= plain.CompletionTokens + 3 && row.Cost > plain.Cost + 0.03, row.ToString());
        var next = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.InRange(100 - double.Parse(next.Headers.GetValues("x-budget-remaining").Single(), CultureInfo.InvariantCulture), plain.Cost!.Value + row.Cost!.Value - 0.0001, 1);
    }

    [Theory]
    [InlineData("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,LONG\"}}")]
    [InlineData("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,LONG\"}}")]
    public async Task APictureIsNotCountedByItsLength_WhereNoUsageIsTold(string part)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, "openai"), Setup.Quiet(ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.OmitUsage });
        var body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what is it\"},PART]}]}"
            .Replace("PART", part, StringComparison.Ordinal).Replace("LONG", new string('A', 100_000), StringComparison.Ordinal);
        await (await gateway.PostAsync(body)).Content.ReadAsStringAsync();
        Assert.True((await RowsAsync(gateway, 1)).Single() is { Estimated: true, PromptTokens: > 0 and < 50 });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatTheServiceHadInItsCache_HasItsOwnPrice_InTheRowAndTheHeader(bool stream)
    {
        const string Answer = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"y\"},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":1,\"total_tokens\":1001,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":800},\"cache_creation_input_tokens\":100}}\n\ndata: [DONE]\n\n";
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama, "openai").Replace("}}", Priced + ", cache_read_input_token_cost: 0.0001}, model_info: {cache_creation_input_token_cost: 0.002}}", StringComparison.Ordinal),
            Setup.Quiet(ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Raw, Body = Answer, ContentType = "text/event-stream" });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream));
        await response.Content.ReadAsStringAsync();
        var row = (await RowsAsync(gateway, 1)).Single();
        Assert.Equal((1000, 1), (row.PromptTokens, row.CompletionTokens));
        Assert.Equal((100 * 0.001) + (800 * 0.0001) + (100 * 0.002) + 0.01, row.Cost!.Value, 9);
        if (!stream) Assert.Equal(row.Cost.Value, double.Parse(response.Headers.GetValues("x-litellm-response-cost").Single(), CultureInfo.InvariantCulture), 9);
    }

    [Fact]
    public async Task AFailure_LeavesARowWithItsKind_AndCostsNothing()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        Assert.Equal(500, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.True((await RowsAsync(gateway, 1)).Single() is { Status: "upstream_status", CompletionTokens: 0, Cost: null, Estimated: false });
    }

    [Fact]
    public async Task AClientThatLeaves_LeavesARowOfItsOwnKind()
    {
        await using var ollama = await Setup.OllamaAsync(time: new ManualTime(), firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        using var leave = new CancellationTokenSource();
        var request = gateway.PostAsync(TestGateway.Chat("m", "x", stream: true), leave.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Assert.Equal("cancelled", (await RowsAsync(gateway, 1)).Single().Status);
    }

    [Fact]
    public async Task EveryRequest_LeavesOneRow_AlsoAcrossARestart()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-ledger-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        for (var run = 1; run <= 2; run++)
        {
            await using var gateway = await TestGateway.StartAsync(Config(ollama), folder: folder);
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ => await (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Content.ReadAsStringAsync()));
        }

        await using var last = await TestGateway.StartAsync(Config(ollama), folder: folder);
        Assert.Equal(80, (await RowsAsync(last, 80)).DistinctBy(r => r.RequestId).Count());
        await last.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task TheSpendRoutes_TellRowsAndSums()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        foreach (var user in (string[])["ada", "ada", "bob"])
        {
            var sent = await gateway.PostAsync($$"""{"model":"m","user":"{{user}}","messages":[{"role":"user","content":"x"}]}""");
            Assert.Equal(200, (int)sent.StatusCode);
        }

        var rows = await RowsAsync(gateway, 3);
        var logs = await JsonAsync(gateway, "/spend/logs?user_id=ada");
        Assert.Equal([("ada", "user:ada"), ("ada", "user:ada")], logs.EnumerateArray().Select(l => (l.GetProperty("user").GetString()!, l.GetProperty("scope").GetString()!)));
        Assert.Equal(rows.Where(r => r.UserId == "user:ada").Sum(r => r.Cost!.Value), logs.EnumerateArray().Sum(l => l.GetProperty("spend").GetDouble()), 9);
        var teams = await JsonAsync(gateway, "/global/spend/report?group_by=team");
        Assert.Equal([("science", 2), (null, 1)], teams.EnumerateArray().Select(t => (t.GetProperty("team_id").GetString(), t.GetProperty("api_requests").GetInt32())));
        var day = rows[0].Time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var days = await JsonAsync(gateway, $"/global/spend/report?end_date={day}");
        Assert.Equal(15, days.EnumerateArray().Sum(d => d.GetProperty("completion_tokens").GetInt32()));
        Assert.Empty((await JsonAsync(gateway, "/spend/logs?end_date=2000-01-01")).EnumerateArray());
        var wrong = await gateway.Http.GetAsync("/spend/logs?start_date=yesterday");
        Assert.Equal((400, "start_date"), ((int)wrong.StatusCode, (await Setup.ErrorAsync(wrong)).GetProperty("param").GetString()));
    }

    [Fact]
    public async Task DaysAreSummedUp_WhenAFirstAndALastAreAskedFor()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        foreach (var user in (string[])["ada", "ada", "bob"]) await gateway.PostAsync($$"""{"model":"m","user":"{{user}}","messages":[{"role":"user","content":"x"}]}""");
        var rows = await RowsAsync(gateway, 3);
        var (first, last) = (rows.Min(r => r.Time), rows.Max(r => r.Time));
        var range = $"start_date={first.UtcDateTime:yyyy-MM-dd}&end_date={last.UtcDateTime.AddDays(2):yyyy-MM-dd}";
        var days = (await JsonAsync(gateway, $"/spend/logs?{range}")).EnumerateArray().ToList();
        Assert.Equal(3 + (last.UtcDateTime.Date - first.UtcDateTime.Date).Days, days.Count);
        Assert.Equal(last.UtcDateTime.AddDays(2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), days[^1].GetProperty("startTime").GetString());
        Assert.Equal((0, 0), (days[^1].GetProperty("spend").GetDouble(), days[^1].GetProperty("users").GetPropertyCount()));
        Assert.Equal(rows.Sum(r => r.Cost!.Value), days.Sum(d => d.GetProperty("spend").GetDouble()), 9);
        Assert.Equal(rows.Where(r => r.UserId == "user:ada").Sum(r => r.Cost!.Value), days.Sum(d => d.GetProperty("users").TryGetProperty("ada", out var ada) ? ada.GetDouble() : 0), 9);
        Assert.Equal(rows.Sum(r => r.Cost!.Value), days.Sum(d => d.GetProperty("models").TryGetProperty("m", out var m) ? m.GetDouble() : 0), 9);
        Assert.Equal(3, (await JsonAsync(gateway, $"/spend/logs?{range}&summarize=false")).GetArrayLength());
        Assert.Equal(400, (int)(await gateway.Http.GetAsync("/spend/logs?summarize=true")).StatusCode);
    }

    [Fact]
    public async Task TheReport_IsToBeHadByEachGrouping_AndAsCsv()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        foreach (var user in (string[])["ada", "=1+1,\"x\""]) await gateway.PostAsync(System.Text.Json.JsonSerializer.Serialize(new { model = "m", user, messages = new[] { new { role = "user", content = "x" } } }));
        var rows = await RowsAsync(gateway, 2);
        foreach (var (by, name, sums) in ((string, string, int)[])[("day", "date", 1), ("key", "api_key", 1), ("api_key", "api_key", 1), ("user", "user", 2), ("team", "team_id", 2), ("model", "model", 1)])
        {
            var report = (await JsonAsync(gateway, $"/global/spend/report?group_by={by}")).EnumerateArray().ToList();
            Assert.True(report.TrueForAll(r => r.TryGetProperty(name, out _)), by);
            Assert.Equal(2, report.Sum(r => r.GetProperty("successful_requests").GetInt32()));
            Assert.InRange(report.Count, sums, by == "day" ? 2 : sums);
        }

        var csv = await gateway.Http.GetAsync("/global/spend/report?group_by=user&format=csv");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        var lines = (await csv.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.Equal("user,spend,total_tokens,prompt_tokens,completion_tokens,api_requests,successful_requests,failed_requests,cancelled_requests", lines[0]);
        var ada = rows.Single(r => r.UserId == "user:ada");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"user:ada,{ada.Cost},{ada.PromptTokens + 5},{ada.PromptTokens},5,1,1,0,0"), lines);
        Assert.Contains(lines, l => l.StartsWith("\"user:=1+1,\"\"x\"\"\",", StringComparison.Ordinal));
        Assert.Equal(400, (int)(await gateway.Http.GetAsync("/global/spend/report?format=xml")).StatusCode);
    }

    [Fact]
    public async Task WithoutALedger_RequestsAreServed_AndTheSpendRoutesSayWhy()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama) + "general_settings: {disable_spend_logs: true}\n");
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal("no_ledger", (await Setup.ErrorAsync(await gateway.Http.GetAsync("/spend/logs"))).GetProperty("code").GetString());
    }

    private static async Task<JsonElement> JsonAsync(TestGateway gateway, string path) =>
        JsonDocument.Parse(await gateway.Http.GetStringAsync(path)).RootElement;

    private static string Config(SimulatedOllama ollama, string settings = "  limits: {teams: {science: {users: [ada]}}}\n") => Setup.Config(
        Setup.Model("m", ollama).Replace("}}", Priced + "}}", StringComparison.Ordinal),
        Setup.Quiet(ollama) + settings);

    private static async Task<IReadOnlyList<LedgerRow>> RowsAsync(TestGateway gateway, int count)
    {
        var store = gateway.Services.GetRequiredService<ILedgerReader>();
        IReadOnlyList<LedgerRow> rows = [];
        await Eventually.UntilAsync(async () => (rows = await store.FindAsync(new LedgerQuery())).Count >= count, $"{count} rows are stored");
        Assert.Equal(count, rows.Count);
        return rows;
    }
}
