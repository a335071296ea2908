using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Keys;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>The list of keys in the order of their names, and a search in it.</summary>
public class SortedKeyTests
{
    private const string Sorted = "/key/list?sort_by=key_alias&return_full_object=true";

    [Fact]
    public async Task KeysAreListedByNameOrUser_ThoseOfOneNameAsTheyWereMade_AndThoseWithoutLast()
    {
        await using var ollama = await Setup.OllamaAsync();
        var time = new Support.ManualTime();
        await using var keys = await KeyGateway.StartAsync(ollama, time: time);
        var made = new List<string>();
        foreach (var fields in (object[])[new { }, new { key_alias = "zoe" }, new { user_id = "mia" }, new { key_alias = "Bob" }, new { key_alias = "ada" }, new { }, new { key_alias = "ada" }, new { key_alias = "ada" }])
        {
            made.Add(KeyHash.Of(await keys.NewKeyAsync(fields)));
            time.Advance(Setup.Second);
        }

        int[] expected = [4, 6, 7, 3, 2, 1, 0, 5];
        Assert.Equal(expected, (await TokensAsync(keys, Sorted)).Select(t => made.IndexOf(t)));
        // A page may begin and end among those of one name.
        for (var page = 1; page <= 4; page++) Assert.Equal(expected.Skip(2 * (page - 1)).Take(2), (await TokensAsync(keys, $"{Sorted}&size=2&page={page}")).Select(t => made.IndexOf(t)));
        Assert.Empty(await TokensAsync(keys, $"{Sorted}&size=2&page=5"));
        for (var page = 1; page <= 3; page++)
        {
            Assert.Equal(expected.Reverse().Skip(3 * (page - 1)).Take(3), (await TokensAsync(keys, $"{Sorted}&sort_order=desc&size=3&page={page}")).Select(t => made.IndexOf(t)));
            foreach (var (order, made8) in ((string, IEnumerable<int>)[])[("asc", Enumerable.Range(0, 8)), ("desc", Enumerable.Range(0, 8).Reverse())])
            {
                var found = await TokensAsync(keys, $"/key/list?return_full_object=true&sort_by=created_at&sort_order={order}&size=3&page={page}");
                Assert.Equal(made8.Skip(3 * (page - 1)).Take(3), found.Select(t => made.IndexOf(t)));
            }
        }
    }

    [Fact]
    public async Task ASearch_FindsPartsOfNamesUsersAndTeams_AndTheKeyItself()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        await keys.AskAsync("/team/new", new { team_id = "research" });
        var made = new List<string>();
        foreach (var fields in (object[])[new { key_alias = "Ada's laptop" }, new { key_alias = "batch", user_id = "ada" }, new { key_alias = "night", team_id = "research" }]) made.Add(await keys.NewKeyAsync(fields));
        foreach (var (search, expected) in ((string, int[])[])[("ADA", [0, 1]), ("resea", [2]), (made[2], [2]), (KeyHash.Of(made[1]), [1]), ("nobody", []), (" night ", [2]), ("sk-of-nobody-1234", [])])
        {
            var answer = await keys.AskAsync($"{Sorted}&search={Uri.EscapeDataString(search)}");
            Assert.Equal(expected, Tokens(answer).Select(t => made.FindIndex(k => KeyHash.Of(k) == t)));
            Assert.Equal((expected.Length, true), (answer.GetProperty("total_count").GetInt32(), answer.GetProperty("sorted").GetBoolean()));
        }

        using var tooLong = await keys.SendAsync(HttpMethod.Get, "/key/list?search=" + new string('x', 201));
        Assert.Equal((400, "search"), ((int)tooLong.StatusCode, (await Setup.ErrorAsync(tooLong)).GetProperty("param").GetString()));
        // As it was for whoever asks for no order.
        Assert.False((await keys.AskAsync("/key/list")).TryGetProperty("sorted", out _));
    }

    [Fact]
    public async Task AmongMoreKeysThanAreSorted_ASearchFindsWholeNames()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        var ada = KeyHash.Of(await keys.NewKeyAsync(new { key_alias = "ada", user_id = "lovelace" }));
        var index = keys.Gateway.Services.GetRequiredService<IGrainFactory>();
        await Parallel.ForEachAsync(Enumerable.Range(0, SortedKeys.Most), async (i, _) =>
        {
            var id = KeyHash.Of($"other {i}");
            await index.GetGrain<IAccountIndexGrain>(AccountBuckets.Of(AccountKind.Key, id)).PutAsync(new IndexEntry(id, $"other {i}", null, null));
        });
        foreach (var (search, finds) in ((string, bool)[])[("ada", true), ("lovelace", true), (ada, true), ("ad", false)])
        {
            var answer = await keys.AskAsync($"{Sorted}&search={search}");
            Assert.Equal(finds ? [ada] : [], Tokens(answer));
            Assert.False(answer.GetProperty("sorted").GetBoolean());
        }

        Assert.Equal(SortedKeys.Most + 1, (await keys.AskAsync("/key/list?sort_by=key_alias")).GetProperty("total_count").GetInt32());
    }

    private static async Task<List<string>> TokensAsync(KeyGateway keys, string path) => Tokens(await keys.AskAsync(path));

    private static List<string> Tokens(JsonElement answer) => [.. answer.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("token").GetString()!)];
}
