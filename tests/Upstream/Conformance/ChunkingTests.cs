using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Conformance;

/// <summary>A stream is byte-faithful: however the upstream's bytes are cut, the client gets the same.</summary>
public sealed class ChunkingTests
{
    private const string Tool = ""","tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]""";

    [Theory]
    [MemberData(nameof(ProviderTests.Providers), MemberType = typeof(ProviderTests))]
    public async Task Pieces_OfAnySize_MakeTheSameAnswer(string provider)
    {
        await using var harness = await Harness.StartAsync();
        var random = new Random(provider.Length * 7919);
        foreach (var body in new[]
        {
            Harness.Say("zwölf 漢字 😀 \"quoted\" \\ \n end", ""","reasoning_effort":"low" """), Harness.Say("call get_weather für 漢字 😀", Tool),
        })
        {
            var request = harness.Request(provider, body) with { Model = "qwen3:think", ClientWantsUsage = true };
            var expected = Told(await harness.CollectAsync(request));
            var cuts = new List<Fault> { new() { Kind = FaultKind.Pieces, Pieces = [1] }, new() { Kind = FaultKind.Pieces, Pieces = [65536] }, new() { Kind = FaultKind.SplitUtf8 } };
            for (var round = 0; round < 12; round++)
                cuts.Add(new Fault { Kind = FaultKind.Pieces, Pieces = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, 200))] });
            foreach (var cut in cuts)
            {
                harness.Server.Faults.Add(cut);
                Assert.Equal(expected, Told(await harness.CollectAsync(request)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ProviderTests.Providers), MemberType = typeof(ProviderTests))]
    public async Task AnyText_ArrivesAsItWasSaid(string provider)
    {
        await using var harness = await Harness.StartAsync();
        Property.ForAllSeeds(seed =>
        {
            var random = new Random(seed);
            var text = new StringBuilder("say ");
            for (var at = random.Next(1, 60); at > 0; at--)
                text.Append(random.Next(5) switch { 0 => " ", 1 => char.ConvertFromUtf32(random.Next(0x1F600, 0x1F640)), 2 => "\\\"\u0007\u2028</", 3 => ((char)random.Next('a', 'z')).ToString(), _ => ((char)random.Next(0xA0, 0x2000)).ToString() });
            harness.Server.Faults.Add(new Fault { Kind = FaultKind.Pieces, Pieces = [random.Next(1, 30), random.Next(1, 300)] });

            var chunks = harness.CollectAsync(harness.Request(provider, Harness.Say(text.ToString()))).GetAwaiter().GetResult();

            return chunks.Text() == $"This is a simulated answer from {Harness.Model} to: {text}";
        });
    }

    /// <summary>All that a client makes of an answer; ids that the server counts up are left out.</summary>
    private static string Told(List<UpstreamChunk> chunks)
    {
        var message = chunks.Gather().Message();
        var calls = message.TryGetProperty("tool_calls", out var list)
            ? string.Join(';', list.EnumerateArray().Select(call => call.GetProperty("function").GetRawText())) : "";
        return $"{chunks.Text("reasoning_content")}|{chunks.Text()}|{calls}|{chunks.Last(c => c.FinishReason is not null).FinishReason}|{chunks[^1].Json().GetProperty("usage").GetRawText()}";
    }
}
