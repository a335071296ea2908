using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Ledger;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Virtual keys in the ledger: who they are, and what they may see of it.</summary>
public class KeyLedgerTests
{
    [Fact]
    public async Task ARow_NamesTheKey_ItsAlias_ItsUserAndItsTeam()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        await gateway.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" }, auto_create_key = false });
        var made = await gateway.AskAsync("/key/generate", new { key_alias = "laptop", user_id = "ada" });
        Assert.Equal(200, await gateway.ChatStatusAsync(made.GetProperty("key").GetString()));
        var row = (await RowsAsync(gateway, 1)).Single();
        Assert.Equal((made.GetProperty("token").GetString(), "laptop", "user:ada", "t"), (row.KeyHash, row.KeyAlias, row.UserId, row.TeamId));
    }

    [Fact]
    public async Task AKey_SeesItsOwnRows_AndNoOthers()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var (one, two) = (await gateway.NewKeyAsync(new { user_id = "ada" }), await gateway.NewKeyAsync(new { user_id = "ada" }));
        Assert.Equal((200, 200, 200), (await gateway.ChatStatusAsync(one), await gateway.ChatStatusAsync(two), await gateway.ChatStatusAsync(two)));
        await RowsAsync(gateway, 3);
        Assert.Equal((3, 1, 2), (await CountAsync(KeyGateway.Master, ""), await CountAsync(one, ""), await CountAsync(two, "")));
        Assert.Equal(1, await CountAsync(one, $"?api_key={one}"));
        Assert.Equal(1, await CountAsync(one, "?user_id=ada"));
        Assert.Equal(403, (int)(await gateway.SendAsync(HttpMethod.Get, $"/spend/logs?api_key={two}", key: one)).StatusCode);
        Assert.Equal(403, (int)(await gateway.SendAsync(HttpMethod.Get, "/global/spend/report", key: one)).StatusCode);
        // Summed up it is the same.
        var days = await gateway.SendAsync(HttpMethod.Get, "/spend/logs?start_date=2000-01-01&end_date=2999-01-01", key: one);
        Assert.DoesNotContain(Api.Access.KeyHash.Of(two), await days.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        async Task<int> CountAsync(string key, string query)
        {
            var response = await gateway.SendAsync(HttpMethod.Get, "/spend/logs" + query, key: key);
            return System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetArrayLength();
        }
    }

    [Fact]
    public async Task ARowOfAKeyWithoutAUser_HasNoUser_AndItsScope()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.AskAsync("/key/generate", new { });
        Assert.Equal(200, await gateway.ChatStatusAsync(key.GetProperty("key").GetString()));
        await RowsAsync(gateway, 1);
        var row = (await gateway.AskAsync("/spend/logs")).EnumerateArray().Single();
        Assert.Equal(("", "", "key:" + key.GetProperty("token").GetString()), (row.GetProperty("user").GetString(), row.GetProperty("end_user").GetString(), row.GetProperty("scope").GetString()));
    }

    private static async Task<IReadOnlyList<LedgerRow>> RowsAsync(KeyGateway gateway, int count)
    {
        var store = gateway.Gateway.Services.GetRequiredService<ILedgerReader>();
        IReadOnlyList<LedgerRow> rows = [];
        await Eventually.UntilAsync(async () => (rows = await store.FindAsync(new LedgerQuery())).Count == count, $"{count} rows are stored");
        return rows;
    }
}
