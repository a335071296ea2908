using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Refused logins are limited by address and written down, and so is every change; no line has a key in it.</summary>
public class LoginTests
{
    private const string Three = "  access: {failed_logins_per_minute: 3}\n";

    [InjectedTimeFact]
    public async Task WhoGuesses_MustWait_AndThenMayTryAgain()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, Three, time: time);
        var (known, unused) = (await gateway.NewKeyAsync(new { }), await gateway.NewKeyAsync(new { }));
        Assert.Equal(200, await gateway.ChatStatusAsync(known));
        for (var i = 0; i < 3; i++) Assert.Equal(401, await gateway.ChatStatusAsync($"sk-guess-{i}-0123456789"));
        var waits = await gateway.ChatAsync("sk-guess-4-0123456789");
        Assert.Equal((429, "60", "too_many_failed_logins"), ((int)waits.StatusCode, waits.Headers.GetValues("retry-after").Single(), (await Setup.ErrorAsync(waits)).GetProperty("code").GetString()));
        // Not even the right guess is told from a wrong one; but whoever was here before is not shut out by a neighbour, the master key among them.
        Assert.Equal(429, await gateway.ChatStatusAsync(unused));
        Assert.Equal(200, await gateway.ChatStatusAsync(known));
        Assert.Equal(200, await gateway.ChatStatusAsync(KeyGateway.Master));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(200, await gateway.ChatStatusAsync(unused));
    }

    [Fact]
    public async Task TheMasterKey_GoesOnWhereItWasLetInBefore_AndWaitsElsewhere()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, Three, ", use_x_forwarded_for: true");
        Assert.Equal(200, await FromAsync("192.0.2.1", KeyGateway.Master));
        foreach (var address in (string[])["192.0.2.1", "192.0.2.2"])
        {
            for (var i = 0; i < 3; i++) Assert.Equal(401, await FromAsync(address, $"sk-guess-{i}-0123456789"));
            Assert.Equal(429, await FromAsync(address, "sk-guess-again-0123456789"));
        }

        Assert.Equal((200, 429), (await FromAsync("192.0.2.1", KeyGateway.Master), await FromAsync("192.0.2.2", KeyGateway.Master)));

        Task<int> FromAsync(string forwarded, string key) => ForwardedAsync(gateway, forwarded, key);
    }

    [Fact]
    public async Task AClientWithAnOldKey_ShutsNobodyOut_HoweverOftenItTries()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, Three);
        for (var i = 0; i < 10; i++) Assert.Equal(401, await gateway.ChatStatusAsync("sk-an-old-key-0123456789"));
        Assert.Equal(200, await gateway.ChatStatusAsync(await gateway.NewKeyAsync(new { })));
    }

    [Fact]
    public async Task BehindAProxy_EachClientHasItsOwnCount_ByTheEntryOfTheProxy()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, Three, ", use_x_forwarded_for: true");
        for (var i = 0; i < 3; i++) Assert.Equal(401, await FromAsync($"10.0.0.{i}, 192.0.2.1", $"sk-guess-{i}-0123456789"));
        Assert.Equal(429, await FromAsync("10.9.9.9, 192.0.2.1", "sk-guess-again-0123456789"));
        Assert.Equal(401, await FromAsync("192.0.2.1, 192.0.2.2", "sk-guess-again-0123456789"));

        Task<int> FromAsync(string forwarded, string key) => ForwardedAsync(gateway, forwarded, key);
    }

    [Fact]
    public async Task WithoutAProxy_NobodyChoosesAnAddress()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, Three);
        for (var i = 0; i < 3; i++) Assert.Equal(401, await ForwardedAsync(gateway, $"192.0.2.{i}", $"sk-guess-{i}-0123456789"));
        Assert.Equal(429, await ForwardedAsync(gateway, "192.0.2.9", "sk-guess-again-0123456789"));
    }

    [Fact]
    public async Task EveryChangeAndEveryRefusedLogin_IsALine_WithoutAKey()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-audit-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        string key;
        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder))
        {
            key = await gateway.NewKeyAsync(new { });
            await gateway.AskAsync("/key/block", new { key });
            Assert.Equal(401, await gateway.ChatStatusAsync(key));
            Assert.Equal(401, await gateway.ChatStatusAsync("sk-guess-0123456789"));
            Assert.Equal(401, await gateway.ChatStatusAsync(null));
            // Also where a path names a key.
            Assert.Equal(401, (int)(await gateway.SendAsync(HttpMethod.Post, $"/key/{key}/regenerate", key: null)).StatusCode);
            Assert.Equal(401, (int)(await gateway.SendAsync(HttpMethod.Get, $"/nope/{key}", key: null)).StatusCode);
            await gateway.AskAsync("/key/delete", new { keys = new[] { key } });
            Assert.Equal(404, (int)(await gateway.PostAsync("/key/block", new { key })).StatusCode);
            Assert.Equal(409, (int)(await gateway.PostAsync("/user/new", new { user_id = (await gateway.AskAsync("/user/new", new { user_id = "u", auto_create_key = false })).GetProperty("user_id").GetString() })).StatusCode);
        }

        var changes = await LinesAsync("audit.log");
        Assert.Equal(
            [("key.generate", "made"), ("key.block", "made"), ("key.delete", "made"), ("user.new", "made"), ("user.new", "refused: Exists")],
            changes.Select(l => (l.GetProperty("action").GetString(), l.GetProperty("outcome").GetString())));
        Assert.All(changes, l => Assert.Equal(("sk-...1234", "127.0.0.1"), (l.GetProperty("who").GetString(), l.GetProperty("from").GetString())));
        Assert.All(changes.Take(3), l => Assert.Equal(64, l.GetProperty("target").GetString()!.Length));
        var logins = await LinesAsync("logins.log");
        Assert.Equal(
            [("sk-..." + key[^4..], "refused: key_blocked"), ("sk-...6789", "refused: invalid_api_key"), ("nobody", "refused: invalid_api_key"), ("nobody", "refused: invalid_api_key"), ("nobody", "refused: invalid_api_key")],
            logins.Select(l => (l.GetProperty("who").GetString(), l.GetProperty("outcome").GetString())));
        foreach (var text in (string[])[changes.Concat(logins).Aggregate("", (t, l) => t + l.GetRawText())])
        {
            Assert.DoesNotContain(key, text, StringComparison.Ordinal);
            Assert.DoesNotContain(KeyGateway.Master, text, StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);

        async Task<List<JsonElement>> LinesAsync(string name) =>
            [.. (await File.ReadAllLinesAsync(Path.Combine(folder, "audit", name))).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    private static async Task<int> ForwardedAsync(KeyGateway gateway, string forwarded, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("X-Forwarded-For", forwarded);
        request.Headers.Add("x-api-key", key);
        return (int)(await gateway.Gateway.Http.SendAsync(request)).StatusCode;
    }
}
