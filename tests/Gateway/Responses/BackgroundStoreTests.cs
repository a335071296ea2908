using System.Text.Json;
using OrleansLlm.Support;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>A response in the background whose end the store does not take.</summary>
public class BackgroundStoreTests
{
    private const string Body = """{"model":"m","input":"hello","background":true}""";
    private const int Tries = 6;

    [InjectedTimeFact]
    public async Task WhatItFailedOf_IsToldAgain_UntilTheStoreIsBack()
    {
        var time = new ManualTime();
        await using var setup = await AwayAsync(time);
        await setup.BeginAsync();
        await setup.UntilRefusedAsync(2);
        setup.Store.Room = int.MaxValue;
        var failed = await setup.PolledAsync(r => StatusOf(r) == "failed", "the response has failed");
        Assert.Contains("the container has burnt", failed.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [InjectedTimeFact]
    public async Task OneThatNoStoreTookInTime_SaysThatItsEndIsNotKnown()
    {
        var time = new ManualTime();
        await using var setup = await AwayAsync(time);
        await setup.BeginAsync();
        await setup.UntilRefusedAsync(Tries);
        await setup.UntilUnknownAsync();
        setup.Store.Room = int.MaxValue;
        var failed = await setup.PolledAsync(r => StatusOf(r) == "failed", "the response has failed");
        Assert.Contains("or could not store its end", failed.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<Away> AwayAsync(ManualTime time)
    {
        var store = new StoreThatMayBeAway(Names.ResponseState);
        var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Status, Status = 400, Body = """{"error":"the container has burnt"}""" });
        var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time, more: store.StandIn);
        return new Away(gateway, ollama, store, time);
    }

    private sealed class Away(TestGateway gateway, Simulator.SimulatedOllama ollama, StoreThatMayBeAway store, ManualTime time) : IAsyncDisposable
    {
        private string _id = "";

        public StoreThatMayBeAway Store => store;

        public async Task BeginAsync()
        {
            // That it is accepted, and nothing after that.
            store.Room = 1;
            _id = IdOf(await gateway.AskAsync(Body));
            // The clock stands until it has failed of what it is to fail of, and not of a connection that took a busy machine long.
            await Eventually.UntilAsync(() => store.Refused >= 1, "its end was refused once");
        }

        public Task UntilRefusedAsync(int times) => Eventually.UntilAsync(
            () =>
            {
                // Each try is a call that has thirty seconds, and one that a busy machine lost would not have reached the store.
                time.Advance(TimeSpan.FromMilliseconds(100));
                return store.Refused >= times;
            },
            $"the store was told in vain {times} times");

        /// <summary>Nobody runs it any more, and the store does not take that either.</summary>
        public Task UntilUnknownAsync() => Eventually.UntilAsync(
            async () =>
            {
                time.Advance(Setup.Second);
                using var polled = await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{_id}");
                return (int)polled.StatusCode == 503;
            },
            "it is not known");

        public async Task<JsonElement> PolledAsync(Func<JsonElement, bool> holds, string what)
        {
            JsonElement last = default;
            await Eventually.UntilAsync(
                async () =>
                {
                    time.Advance(Setup.Second);
                    last = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{_id}");
                    return holds(last);
                },
                what);
            return last;
        }

        public async ValueTask DisposeAsync()
        {
            await gateway.DisposeAsync();
            await ollama.DisposeAsync();
        }
    }
}
