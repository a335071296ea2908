using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Api.Responses;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

/// <summary>Whatever the chunks of an answer are, its events are numbered, well-formed, and add up to the response.</summary>
public class ResponseEventsProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60);
    private static readonly string Id = ResponseKeys.Prefix + new string('0', 32);
    private static readonly InferenceCompleted Completed = new(3, 4, TimeSpan.Zero);

    /// <summary>Each number is a piece of the answer: what it is of, and how long it is.</summary>
    [Fact]
    public void EventsAreContiguous_AndTheirDeltasAreTheWhole() =>
        Prop.ForAll(Pieces(), Gen.Elements(true, false).ToArbitrary(), (pieces, summary) =>
        {
            var events = Tell(pieces.Select(Chunk), Head(summary));
            Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => e.GetProperty("sequence_number").GetInt32()));
            var response = events[^1].GetProperty("response");
            Assert.Equal("completed", response.GetProperty("status").GetString());
            var items = response.GetProperty("output").EnumerateArray().ToList();
            Assert.Equal(items.Select(i => i.GetRawText()), ItemsOf(events, "response.output_item.done").OrderBy(e => Index(e)).Select(e => e.GetProperty("item").GetRawText()));
            Assert.Equal(Enumerable.Range(0, items.Count), ItemsOf(events, "response.output_item.added").Select(Index));
            for (var i = 0; i < items.Count; i++) Assert.Equal(TextOf(items[i]), DeltasOf(events, i));
            // All that was said is there, and nothing else.
            Assert.Equal(string.Concat(pieces.Select(Letters)).Order(), string.Concat(items.Select(TextOf)).Order());
            Assert.All(items.Where(i => i.GetProperty("type").GetString() == "reasoning"), i => Assert.Equal(summary ? 0 : 1, i.GetProperty("content").GetArrayLength()));
        }).Check(Many);

    [Fact]
    public void EveryOpenedPart_IsClosedBeforeItsItem_AndNoneIsOpenTwice() =>
        Prop.ForAll(Pieces(), pieces =>
        {
            var (items, parts) = (new HashSet<int>(), new HashSet<(int, int)>());
            foreach (var next in Tell(pieces.Select(Chunk), Head(summary: false)))
            {
                var type = next.GetProperty("type").GetString()!;
                if (type == "response.output_item.added") Assert.True(items.Add(Index(next)));
                if (type == "response.content_part.added") Assert.True(items.Contains(Index(next)) && parts.Add(Part(next)));
                if (type.EndsWith(".delta", StringComparison.Ordinal)) Assert.Contains(Index(next), items);
                if (type == "response.content_part.done") Assert.True(parts.Remove(Part(next)));
                if (type != "response.output_item.done") continue;
                Assert.DoesNotContain(parts, p => p.Item1 == Index(next));
                Assert.True(items.Remove(Index(next)));
            }

            Assert.Empty(items);
            Assert.Empty(parts);
        }).Check(Many);

    /// <summary>An answer of thoughts, then text, then calls: as backends give them, cut anywhere.</summary>
    [Fact]
    public void HoweverItIsCut_TheResponseIsTheSame() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf(4).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (lengths, width) =>
        {
            int[] kinds = [0, 1, 3, 4];
            var texts = kinds.Select((kind, i) => (Kind: kind, Text: new string((char)('a' + i), lengths[i] % 30))).ToList();
            var cut = texts.SelectMany(t => t.Kind >= 3 && t.Text.Length == 0 ? [Chunk(t.Kind, "")] : t.Text.Chunk(width).Select(c => Chunk(t.Kind, new string(c))));
            var whole = texts.Select(t => Chunk(t.Kind, t.Text));
            Assert.Equal(Tell(whole, Head(false))[^1].GetProperty("response").GetRawText(), Tell(cut, Head(false))[^1].GetProperty("response").GetRawText());
        }).Check(Many);

    [Fact]
    public void AWholeCompletion_MakesTheItems_ThatItsStreamMade()
    {
        var streamed = Tell([Chunk(0, "hm"), Chunk(1, "yes"), Chunk(3, "{}"), Chunk(4, "{}")], Head(false))[^1].GetProperty("response").GetProperty("output");
        const string completion = """{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"yes","refusal":null,"reasoning_content":"hm","tool_calls":[{"id":"call3","type":"function","function":{"name":"f3","arguments":"{}"}},{"id":"call4","type":"function","function":{"name":"f4","arguments":"{}"}}]}}]}""";
        var output = new Output(Head(false));
        output.Add(Encoding.UTF8.GetBytes(completion));
        output.End(Completed);
        var stored = JsonDocument.Parse(ResponseJson.Of(Head(false), output.Status, output)).RootElement.GetProperty("output");
        Assert.Equal(streamed.GetRawText(), stored.GetRawText());
    }

    private static List<JsonElement> Tell(IEnumerable<string> chunks, ResponseHead head)
    {
        List<JsonElement> told = [];
        using var events = new ResponseEvents(head, (number, name, json) =>
        {
            var next = JsonDocument.Parse(json.ToArray()).RootElement.Clone();
            Assert.Equal((number, Encoding.UTF8.GetString(name)), (next.GetProperty("sequence_number").GetInt64(), next.GetProperty("type").GetString()));
            told.Add(next);
        });
        events.Created();
        events.Started();
        foreach (var chunk in chunks) events.Chunk(Encoding.UTF8.GetBytes(chunk));
        events.Completed(Completed);
        return told;
    }

    private static ResponseHead Head(bool summary) => new(Id, new NewResponse
    {
        User = "u",
        Model = "m",
        CreatedAt = 1,
        Request = ResponseEcho.Of(ResponseBody.Parse(Encoding.UTF8.GetBytes(summary ? """{"reasoning":{"summary":"auto"}}""" : "{}")), store: true, conversation: null),
    });

    private static Arbitrary<int[]> Pieces() => Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary();

    private static string Letters(int piece) => new((char)('a' + piece % 26), 1 + piece / 6 % 7);

    private static string Chunk(int piece) => Chunk(piece % 6, Letters(piece));

    /// <summary>0: a thought, 1: text, 2: a refusal, from 3 on: calls side by side.</summary>
    private static string Chunk(int kind, string text)
    {
        object delta = kind switch
        {
            0 => new { reasoning_content = text },
            1 => new { content = text },
            2 => new { refusal = text },
            _ => new { tool_calls = new[] { new { index = kind - 3, id = $"call{kind}", function = new { name = $"f{kind}", arguments = text } } } },
        };
        return JsonSerializer.Serialize(new { choices = new[] { new { index = 0, delta } } });
    }

    private static IEnumerable<JsonElement> ItemsOf(List<JsonElement> events, string type) => events.Where(e => e.GetProperty("type").GetString() == type);

    private static int Index(JsonElement e) => e.GetProperty("output_index").GetInt32();

    private static (int, int) Part(JsonElement e) => (Index(e), e.GetProperty("content_index").GetInt32());

    private static string DeltasOf(List<JsonElement> events, int index) => string.Concat(events
        .Where(e => e.GetProperty("type").GetString()!.EndsWith(".delta", StringComparison.Ordinal) && Index(e) == index)
        .Select(e => e.GetProperty("delta").GetString()));

    private static string TextOf(JsonElement item)
    {
        if (item.TryGetProperty("arguments", out var arguments)) return arguments.GetString()!;
        var parts = item.GetProperty("content").EnumerateArray();
        if (item.TryGetProperty("summary", out var summary)) parts = summary.GetArrayLength() > 0 ? summary.EnumerateArray() : parts;
        return string.Concat(parts.Select(p => p.GetProperty(p.TryGetProperty("text", out _) ? "text" : "refusal").GetString()));
    }
}
