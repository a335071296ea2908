using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Scenarios;
using OrleansLlm.Keys;

namespace OrleansLlm.Bench.Growth;

/// <summary>
/// More and more known keys, each with a budget and a request limit, of which at most 100,000 are in use. They are copies of one that was made over HTTP; the
/// lists of them are written as versions until now did, 256 rows in all, so that the gateway has to split them. Not so on the Orleans engine.
/// </summary>
internal static class KeyGrowth
{
    private const int InUse = 100_000;
    private const int InUseInMemory = 10_000;
    private const int Made = 500;
    private const int Users = 1000;

    /// <summary>Enough that every one of the 256 lists has got one and was split.</summary>
    private const int MadeBefore = 2000;

    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await Load.BackendAsync();
        var yaml = $$"""
            model_list:
              - {model_name: m, litellm_params: {model: ollama_chat/m, api_base: "http://127.0.0.1:{{backend.BaseAddress.Port}}", max_parallel_requests: 64} }
            general_settings: {master_key: {{BenchGateway.Master}}}
            gateway_settings: {backends: {"http://127.0.0.1:{{backend.BaseAddress.Port}}": {health_interval: 0} } }
            """;
        await CurveTable.GrowAsync(to, "known keys", 1000, most, (table, known) => Load.WithFolderAsync(folder => BenchRun.Engine == "Embedded" ? MeasureAsync(table, folder, yaml, known) : MeasureInMemoryAsync(table, folder, yaml, known)));
    }

    /// <summary>Without a Redis the state of the Orleans engine is in its memory: every key is made over HTTP, and is there as long as its gateway.</summary>
    private static async Task MeasureInMemoryAsync(CurveTable table, string folder, string yaml, int known)
    {
        var (gateway, took) = await Load.StartAsync(folder, yaml);
        await using (gateway)
        {
            table.Add("start, ms", took.TotalMilliseconds);
            await Load.WarmUpAsync(gateway);
            table.Add("RSS before, MB", gateway.ResidentBytes / 1e6);
            (await Load.RunAsync(gateway, known, 8, i => MakeAsync(gateway, i, $"u{i % Users}"))).AddTo(table, "make one of these, 8 at once");
            table.Add("RSS with these made, MB", gateway.ResidentBytes / 1e6);
            (await Load.RunAsync(gateway, Made, 1, i => MakeAsync(gateway, known + i, "new"))).AddTo(table, "make a key");
            (await Load.RunAsync(gateway, 200, 1, i => RenameAsync(gateway, known, i))).AddTo(table, "rename a key");
            var used = Math.Min(known, InUseInMemory);
            table.Add("keys in use", used);
            await AskAsync(table, gateway, known, used);
            (await Load.RunAsync(gateway, 20, 1, i => GetAsync(gateway, $"/key/list?user_id=u{i}"))).AddTo(table, "the keys of a user");
            (await Load.RunAsync(gateway, 20, 1, i => GetAsync(gateway, $"/key/list?key_alias=key-{i + 10}"))).AddTo(table, "the keys of an alias");
        }
    }

    /// <summary>First each of some, then those again, then all that are to be in use.</summary>
    private static async Task AskAsync(CurveTable table, BenchGateway gateway, int known, int used)
    {
        Task<HttpResponseMessage> UseAsync(int i) => gateway.ChatAsync(KeyOf((int)((long)i * known / used)));
        (await Load.RunAsync(gateway, 1000, 1, i => UseAsync(i * (used / 1000)))).AddTo(table, "first request of a key");
        (await Load.RunAsync(gateway, 3000, 1, i => UseAsync(i % 1000 * (used / 1000)))).AddTo(table, "request, 1,000 keys in use");
        await Load.RunAsync(gateway, used, 16, UseAsync);
        table.Add("RSS with these in use, MB", gateway.ResidentBytes / 1e6);
        (await Load.RunAsync(gateway, 3000, 1, i => UseAsync((int)((long)i * used / 3000)))).AddTo(table, "request, all these in use");
        (await Load.RunAsync(gateway, 20, 1, i => GetAsync(gateway, $"/key/list?page={1 + (i * known / 200)}&size=10"))).AddTo(table, "a page of the list");
    }

    private static async Task MeasureAsync(CurveTable table, string folder, string yaml, int known)
    {
        await using (var first = await BenchGateway.StartAsync(folder, yaml)) (await MakeAsync(first, 0, "u0")).Dispose();
        Fill(folder, known);
        await using (var maker = await BenchGateway.StartAsync(folder, yaml))
        {
            await Load.RunAsync(maker, MadeBefore, 8, i => MakeAsync(maker, known + i, "new"));
            (await Load.RunAsync(maker, Made, 1, i => MakeAsync(maker, known + MadeBefore + i, "new"))).AddTo(table, "make a key");
            (await Load.RunAsync(maker, 200, 1, i => RenameAsync(maker, known, i))).AddTo(table, "rename a key");
        }

        var (gateway, took) = await Load.StartAsync(folder, yaml);
        await using (gateway)
        {
            table.Add("start, ms", took.TotalMilliseconds);
            await Load.WarmUpAsync(gateway);
            table.Add("RSS with none in use, MB", gateway.ResidentBytes / 1e6);
            var used = Math.Min(known, InUse);
            table.Add("keys in use", used);
            await AskAsync(table, gateway, known, used);
            (await Load.RunAsync(gateway, 1, 1, _ => GetAsync(gateway, "/key/list?user_id=u7"))).AddTo(table, "the keys of a user, keys of an older version");
            var listed = await gateway.UntilIdleAsync();
            table.Add("bringing them into lists of their own, CPU s", listed.TotalSeconds);
            (await Load.RunAsync(gateway, 20, 1, i => GetAsync(gateway, $"/key/list?user_id=u{i}"))).AddTo(table, "the keys of a user");
            (await Load.RunAsync(gateway, 20, 1, i => GetAsync(gateway, $"/key/list?key_alias=key-{i + 10}"))).AddTo(table, "the keys of an alias");
        }

        table.Add("state, MB", StateClones.MegabytesOf(folder));
    }

    private static void Fill(string folder, int known)
    {
        using var state = new StateClones(folder);
        var hash = HashOf(0);
        var (grain, name, payload) = state.Find("account/%" + hash).Single();
        var lists = new SortedDictionary<string, List<(string Hash, int Number)>>();
        foreach (var number in Enumerable.Range(0, known))
        {
            var id = HashOf(number);
            if (number > 0) state.Add(grain.Replace(hash, id, StringComparison.Ordinal), name, payload.Replace(hash, id, StringComparison.Ordinal).Replace("key-0", "key-" + Number(number), StringComparison.Ordinal).Replace("\"u0\"", $"\"u{number % Users}\"", StringComparison.Ordinal));
            var bucket = AccountBuckets.Of(AccountKind.Key, id);
            if (!lists.TryGetValue(bucket, out var list)) lists.Add(bucket, list = []);
            list.Add((id, number));
        }

        var form = state.Find("account-index/" + AccountBuckets.Of(AccountKind.Key, hash)).Single();
        foreach (var (bucket, list) in lists)
        {
            var rows = list.OrderBy(e => e.Hash, StringComparer.Ordinal).Select(e => $$"""{"Id":"{{e.Hash}}","Alias":"key-{{e.Number}}","UserId":"u{{e.Number % Users}}","TeamId":null}""");
            state.Add("account-index/" + bucket, form.Name, $$"""{"Rows":[{{string.Join(',', rows)}}]}""");
        }
    }

    private static Task<HttpResponseMessage> MakeAsync(BenchGateway gateway, int number, string user) =>
        gateway.PostAsync("/key/generate", $$"""{"key":"{{KeyOf(number)}}","key_alias":"key-{{number}}","user_id":"{{user}}","max_budget":100,"budget_duration":"30d","rpm_limit":100000}""");

    private static Task<HttpResponseMessage> RenameAsync(BenchGateway gateway, int known, int number) =>
        gateway.PostAsync("/key/update", $$"""{"key":"{{KeyOf((int)((long)number * known / 200))}}","key_alias":"renamed-{{number}}"}""");

    private static Task<HttpResponseMessage> GetAsync(BenchGateway gateway, string path) => gateway.GetAsync(path);

    private static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"sk-bench-{number:D10}");

    private static string HashOf(int number) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf(number))));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
