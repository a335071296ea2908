using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Ledger;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>
/// A request that runs in its grain's own time, which nobody begins again: contact with its limits or its conversation is lost before any backend was asked, as where their silo dies.
/// </summary>
public class LostOpeningTests
{
    private const string Streamed = """{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}""";
    private const string InConversation = """{"model":"m","stream":true,"conversation_id":"c","messages":[{"role":"user","content":"x"}]}""";
    private const string Cached = """{"model":"m","stream":true,"temperature":0,"messages":[{"role":"user","content":"x"}]}""";

    [InjectedTimeTheory]
    [InlineData(Names.LimitState, "enumerable", true, Streamed)]
    [InlineData(Names.LimitState, "stream", false, Streamed)]
    [InlineData(Names.LimitState, "enumerable", true, Cached, "litellm_settings: {cache: true}\n")]
    [InlineData(Names.UserState, "stream", false, Streamed)]
    [InlineData(Names.ConversationState, "enumerable", true, InConversation)]
    [InlineData(Names.ConversationState, "stream", false, InConversation)]
    public async Task TheyAreAskedAgain(string lost, string transport, bool resumable, string body, string more = "")
    {
        await using var setup = await LosingAsync(lost, 2, transport, more);
        // Much slower than what it gives the request, which is 25 s.
        var (status, text) = await setup.AskAsync(body, resumable, TimeSpan.FromMilliseconds(25));
        Assert.Equal((200, 0), (status, setup.Store.Unread));
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(1, setup.Ollama.Stats.Requests);
        Assert.Equal(LedgerRow.Success, (await setup.RowAsync()).Status);
    }

    [InjectedTimeTheory]
    [InlineData(Names.LimitState, Streamed)]
    [InlineData(Names.ConversationState, InConversation)]
    public async Task WhereTheyStayAway_TheRequestFails_AndLeavesItsRow(string lost, string body)
    {
        await using var setup = await LosingAsync(lost, int.MaxValue, "stream");
        var (status, _) = await setup.AskAsync(body, resumable: false, TimeSpan.FromMilliseconds(100));
        Assert.Equal((503, 0), (status, setup.Ollama.Stats.Requests));
        Assert.NotEqual(LedgerRow.Success, (await setup.RowAsync()).Status);
    }

    private static async Task<LosingGateway> LosingAsync(string lost, int reads, string transport, string more = "")
    {
        var (time, store) = (new ManualTime(), new StoreThatMayBeAway(lost) { Unread = reads });
        var ollama = await Setup.OllamaAsync();
        var config = Setup.Config(
            Setup.Model("m", ollama), more + Setup.Quiet(ollama) + $"  token_transport: {transport}\n  limits: {{models: {{m: {{rpm: 100, max_parallel_requests: 1}}}}}}\n");
        return new LosingGateway(await TestGateway.StartAsync(config, time, more: store.StandIn), ollama, store, time);
    }

    private sealed record LosingGateway(TestGateway Gateway, Simulator.SimulatedOllama Ollama, StoreThatMayBeAway Store, ManualTime Time) : IAsyncDisposable
    {
        public async Task<(int Status, string Text)> AskAsync(string body, bool resumable, TimeSpan step)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            if (resumable) request.Headers.Add("x-resumable", "true");
            var asked = Gateway.Http.SendAsync(request);
            await Gateway.PassUntilAsync(Time, step, Ollama.BaseAddress, () => asked.IsCompleted, "it is answered");
            var answer = await asked;
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        public async Task<LedgerRow> RowAsync()
        {
            IReadOnlyList<LedgerRow> rows = [];
            await Eventually.UntilAsync(async () => (rows = await Gateway.Services.GetRequiredService<ILedgerReader>().FindAsync(new LedgerQuery())).Count > 0, "its row is stored");
            return Assert.Single(rows);
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Ollama.DisposeAsync();
        }
    }
}
