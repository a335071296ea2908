using System.Globalization;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Growth;

/// <summary>More and more stored conversations of two turns, a hundred of each user: copies of one that was had over HTTP.</summary>
internal static class ConversationGrowth
{
    private const int OfAUser = 100;
    private const string User = "user-template";
    private const string Id = "conversation-template";

    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await Load.BackendAsync();
        var yaml = $$"""
            model_list:
              - {model_name: m, litellm_params: {model: ollama_chat/m, api_base: "http://127.0.0.1:{{backend.BaseAddress.Port}}", max_parallel_requests: 64} }
            gateway_settings: {backends: {"http://127.0.0.1:{{backend.BaseAddress.Port}}": {health_interval: 0} } }
            """;
        await CurveTable.GrowAsync(to, "stored conversations", 1000, most, (table, stored) => Load.WithFolderAsync(folder => MeasureAsync(table, folder, yaml, stored)));
    }

    private static async Task MeasureAsync(CurveTable table, string folder, string yaml, int stored)
    {
        await using (var first = await BenchGateway.StartAsync(folder, yaml))
        {
            for (var turn = 0; turn < 2; turn++) (await SayAsync(first, User, Id)).EnsureSuccessStatusCode();
        }

        Fill(folder, stored);
        var (gateway, took) = await Load.StartAsync(folder, yaml);
        await using (gateway)
        {
            table.Add("start, ms", took.TotalMilliseconds);
            await Load.WarmUpAsync(gateway);
            var step = stored / 1000;
            Task<HttpResponseMessage> GoOnAsync(int i) => SayAsync(gateway, UserOf(i % 1000 * step), IdOf(i % 1000 * step));
            (await Load.RunAsync(gateway, 1000, 1, GoOnAsync)).AddTo(table, "a turn in one that is not in memory");
            (await Load.RunAsync(gateway, 1000, 1, GoOnAsync)).AddTo(table, "the next turn in it");
            (await Load.RunAsync(gateway, 500, 1, i => SayAsync(gateway, UserOf(i * 2 * step), "new-" + Number(i)))).AddTo(table, "the first turn of a new one");
            (await Load.RunAsync(gateway, 3000, 1, _ => gateway.ChatAsync())).AddTo(table, "a request without");
            table.Add("RSS, MB", gateway.ResidentBytes / 1e6);
        }

        table.Add("state, MB", StateClones.MegabytesOf(folder));
    }

    private static void Fill(string folder, int stored)
    {
        using var state = new StateClones(folder);
        var conversation = state.Find($"conversation/%{User}%{Id}").Single();
        var list = state.Find($"conversations/%{User}").Single();
        var entry = list.Payload[(list.Payload.IndexOf('[', StringComparison.Ordinal) + 1)..list.Payload.LastIndexOf(']')];
        for (var user = 0; user < stored; user += OfAUser)
        {
            var entries = Enumerable.Range(user, OfAUser).Select(n => Renamed(entry, n));
            state.Add(Renamed(list.Grain, user), list.Name, list.Payload.Replace(entry, string.Join(',', entries), StringComparison.Ordinal));
        }

        for (var number = 0; number < stored; number++) state.Add(Renamed(conversation.Grain, number), conversation.Name, Renamed(conversation.Payload, number));
    }

    private static string Renamed(string text, int number) => text.Replace(User, UserOf(number), StringComparison.Ordinal).Replace(Id, IdOf(number), StringComparison.Ordinal);

    private static Task<HttpResponseMessage> SayAsync(BenchGateway gateway, string user, string id) =>
        gateway.PostAsync("/v1/chat/completions", $$"""{"model":"m","user":"{{user}}","conversation_id":"{{id}}","messages":[{"role":"user","content":"What is the answer to that?"}]}""");

    private static string UserOf(int number) => "u" + Number(number / OfAUser);

    private static string IdOf(int number) => "c" + Number(number);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
