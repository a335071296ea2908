using System.Text;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Tests.Processes;
using StackExchange.Redis;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Answers in a real Redis, which gateways as real processes share. Skipped where there is no redis-server.</summary>
public sealed class RedisCacheTests : IAsyncLifetime
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"a b c"}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-cache-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private RedisServer? _redis;

    [Fact]
    public async Task AnAnswerOutlivesTheProcessThatKeptIt_AndLeavesRedisByItself()
    {
        Assert.SkipUnless(_redis is not null, "no redis-server on this machine");
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        var address = new Uri(_redis.Url);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "gateway.yaml"),
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + $"litellm_settings: {{cache: true, cache_params: {{type: redis, host: {address.Host}, port: {address.Port}, ttl: 600}}}}\n"));
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{address.Host}:{address.Port}");
        var server = redis.GetServer(address.Host, address.Port);
        await using (var first = GatewayProcessUnderTest.Start(_folder, "--port 0"))
        {
            await ReachesRedisAsync(first, server);
            Assert.Equal("miss", await AskAsync(first));
            var key = $"*/completion-cache/{await KeyAsync(first)}";
            // Behind the answer.
            await Eventually.UntilAsync(() => server.Keys(pattern: key).Any(), "the answer is in Redis");
            var left = await redis.GetDatabase().KeyTimeToLiveAsync(server.Keys(pattern: key).Single());
            Assert.InRange(left!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(600));
            await first.KillAsync();
        }

        await using var second = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await ReachesRedisAsync(second, server);
        var asked = ollama.Stats.Started;
        Assert.Equal("hit", await AskAsync(second));
        Assert.Equal(asked, ollama.Stats.Started);

        // Without its store the cache goes on, each process with its own.
        await _redis.StopAsync();
        Assert.Equal("hit", await AskAsync(second));
        Assert.Equal("miss", await AskAsync(second, Body.Replace("a b c", "d e f", StringComparison.Ordinal)));
        Assert.Equal("hit", await AskAsync(second, Body.Replace("a b c", "d e f", StringComparison.Ordinal)));
    }

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(_folder);

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>
    /// A process connects with its first question, and does without Redis for some seconds where that takes longer than a request waits. It has got through when an answer to
    /// another question is there.
    /// </summary>
    private async Task ReachesRedisAsync(GatewayProcessUnderTest gateway, IServer redis)
    {
        await gateway.ReadyAsync();
        var (before, asked) = (redis.Keys().Count(), 0);
        await Eventually.UntilAsync(
            async () =>
            {
                await AskAsync(gateway, Body.Replace("a b c", $"{gateway.Address} {++asked}", StringComparison.Ordinal));
                return redis.Keys().Count() > before;
            },
            "an answer gets to Redis",
            TimeSpan.FromMinutes(2));
    }

    /// <summary>Of the answer that it has by now.</summary>
    private async Task<string> KeyAsync(GatewayProcessUnderTest gateway)
    {
        using var hit = await PostAsync(gateway, Body);
        return hit.Headers.GetValues("x-litellm-cache-key").Single();
    }

    private async Task<string> AskAsync(GatewayProcessUnderTest gateway, string body = Body)
    {
        using var response = await PostAsync(gateway, body);
        return response.Headers.GetValues("x-cache").Single();
    }

    private async Task<HttpResponseMessage> PostAsync(GatewayProcessUnderTest gateway, string body)
    {
        var response = await _http.PostAsync(new Uri(gateway.Address, "/v1/chat/completions"), new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return response;
    }
}
