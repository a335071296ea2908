using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Identical requests that come and go in any order: those who stay get the whole answer, and nothing is left behind.</summary>
public class CacheStressTests
{
    private const int Clients = 64;
    private const int Tokens = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task HoweverTheyComeAndGo_WhoStaysIsAnswered_AndNothingIsLeftBehind(int seed)
    {
        var random = new Random(seed);
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: Tokens);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "litellm_settings: {cache: true, cache_params: {type: local}}\n"));
        var step = new Steps();
        // Half of them stay; the others leave after some events, or before the first.
        var clients = Enumerable.Range(0, Clients)
            .Select(i => RunAsync(gateway, step, comesAt: random.Next(30), leavesAfter: i % 2 == 0 ? null : random.Next(Tokens), stream: random.Next(4) > 0))
            .ToList();
        var all = Task.WhenAll(clients);
        while (!all.IsCompleted)
        {
            time.Advance(Setup.Second);
            step.Next();
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
        }

        var said = (await all).OfType<string>().ToList();
        Assert.Equal(Clients / 2, said.Count);
        Assert.Single(said.Distinct());
        Assert.Contains($"word{Tokens}", said[0], StringComparison.Ordinal);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the backend is idle");
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 0, Waiting: 0 }, "no slot is held and nobody waits");
        await Eventually.UntilAsync(() => gateway.Services.GetRequiredService<CacheServices>().Reading == 0, "nobody reads");
        await Eventually.UntilAsync(() => ollama.Stats.Started == ollama.Stats.Finished + ollama.Stats.Cancelled, "every inference has ended");
        Assert.Equal(1, ollama.Stats.MaxRunning);
    }

    /// <returns>What the model said; null to one who left.</returns>
    private static async Task<string?> RunAsync(TestGateway gateway, Steps step, int comesAt, int? leavesAfter, bool stream)
    {
        await step.UntilAsync(comesAt);
        // Nothing is kept: all of them have to share what runs.
        var body = $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"cache":{"ttl":0},"messages":[{"role":"user","content":"x"}]}""";
        using var leave = new CancellationTokenSource();
        if (leavesAfter is not { } events) return await TextAsync(await gateway.PostAsync(body));
        try
        {
            var asked = gateway.PostAsync(body, leave.Token);
            if (!stream || events == 0)
            {
                await step.UntilAsync(comesAt + events);
                await leave.CancelAsync();
            }

            using var response = await asked;
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(leave.Token));
            for (var line = 0; line < 2 * events; line++) await reader.ReadLineAsync(leave.Token);
        }
        catch (OperationCanceledException)
        {
            // As it wanted.
        }

        return null;
    }

    private static async Task<string> TextAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        if (!body.StartsWith("data: ", StringComparison.Ordinal))
        {
            return JsonDocument.Parse(body).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        }

        var events = SseText.Events(body);
        Assert.Equal("data: [DONE]", events[^1]);
        return string.Concat(events[..^1].Select(e => JsonDocument.Parse(e["data: ".Length..]).RootElement.GetProperty("choices"))
            .SelectMany(c => c.EnumerateArray()).Select(c => c.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : null));
    }

    /// <summary>Steps of the test's own time, which clients wait for.</summary>
    private sealed class Steps
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _step;

        public void Next()
        {
            TaskCompletionSource before;
            lock (_gate)
            {
                _step++;
                before = _next;
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            before.SetResult();
        }

        public async Task UntilAsync(int step)
        {
            while (true)
            {
                Task next;
                lock (_gate)
                {
                    if (_step >= step) return;
                    next = _next.Task;
                }

                await next;
            }
        }
    }
}
