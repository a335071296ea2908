using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>However a model's words are cut into chunks, and however the pieces of its tool calls are mixed, a client puts the same together.</summary>
public class ByteFaithfulProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60);

    // Quotes, backslashes, braces and characters of two UTF-16 units: whatever a translation could get wrong.
    private static readonly string[] Alphabet = ["a", " ", "\"", "\\", "{", "}", "[", "]", "\n", "\u0001", "é", "😀", "\u2028", "</", "\\u0022"];

    [Fact]
    public void Anthropic_PutsTheSameTogether() => Prop.ForAll(Answers(), answer =>
    {
        var context = DoorUnderTest.Context();
        var told = DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context), answer.Chunks()).GetAwaiter().GetResult();
        var blocks = new SortedDictionary<int, (string Type, string? Id, StringBuilder Raw)>();
        var open = -1;
        foreach (var data in told.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l[6..]))
        {
            using var parsed = JsonDocument.Parse(data);
            var e = parsed.RootElement;
            switch (e.GetProperty("type").GetString())
            {
                case "content_block_start":
                    Assert.Equal(-1, open);
                    open = e.GetProperty("index").GetInt32();
                    Assert.Equal(blocks.Count, open);
                    var block = e.GetProperty("content_block");
                    blocks[open] = (block.GetProperty("type").GetString()!, block.TryGetProperty("id", out var id) ? id.GetString() : null, new StringBuilder());
                    break;
                case "content_block_delta":
                    Assert.Equal(open, e.GetProperty("index").GetInt32());
                    var delta = e.GetProperty("delta");
                    var piece = delta.EnumerateObject().First(p => p.Name is "text" or "partial_json" or "thinking").Value.GetRawText();
                    blocks[open].Raw.Append(piece[1..^1]);
                    break;
                case "content_block_stop":
                    Assert.Equal(open, e.GetProperty("index").GetInt32());
                    open = -1;
                    break;
            }
        }

        Assert.Equal(-1, open);
        // A call may stand between the halves of a character: they are joined before they are read.
        Assert.Equal(answer.Text, Unquote(blocks.Values.Where(b => b.Type == "text").Aggregate(new StringBuilder(), (all, b) => all.Append(b.Raw))));
        Assert.Equal(answer.Calls, blocks.Values.Where(b => b.Type == "tool_use").OrderBy(b => b.Id).Select(b => Unquote(b.Raw)));
        return true;
    }).Check(Many);

    [Fact]
    public void Ollama_PutsTheSameTogether() => Prop.ForAll(Answers(), answer =>
    {
        var told = DoorUnderTest.StreamAsync(DoorUnderTest.Context(), DoorUnderTest.Ollama(), answer.Chunks()).GetAwaiter().GetResult();
        var (text, calls) = (new StringBuilder(), new List<string>());
        foreach (var line in told.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var parsed = JsonDocument.Parse(line);
            var message = parsed.RootElement.GetProperty("message");
            text.Append(message.GetProperty("content").GetRawText()[1..^1]);
            if (message.TryGetProperty("tool_calls", out var told2)) calls.AddRange(told2.EnumerateArray().Select(c => c.GetProperty("function").GetProperty("arguments").GetProperty("v").GetString()!));
        }

        Assert.Equal(answer.Text, Unquote(text));
        Assert.Equal(answer.Values, calls);
        return true;
    }).Check(Many);

    [Fact]
    public void AnObject_IsWholeAtItsLastBraceAndNotBefore() => Prop.ForAll(Answers(), answer =>
    {
        foreach (var call in answer.Calls)
        {
            var extent = new JsonExtent();
            var quoted = Pieces(call, answer.Cuts).ToList();
            foreach (var piece in quoted[..^1]) extent.Add(Encoding.UTF8.GetBytes(piece));
            // The last piece has the last brace, and the brace may stand alone in it.
            Assert.False(extent.IsWhole);
            extent.Add(Encoding.UTF8.GetBytes(quoted[^1]));
            Assert.True(extent.IsWhole);
        }

        return true;
    }).Check(Many);

    private static string Unquote(StringBuilder raw) => JsonSerializer.Deserialize<string>($"\"{raw}\"")!;

    private static Arbitrary<Answer> Answers()
    {
        var text = Gen.Elements(Alphabet).ListOf().Select(string.Concat);
        var gen =
            from said in text
            from values in text.ListOf().Select(v => v.Take(3).ToArray())
            from cuts in Gen.Choose(1, 5).NonEmptyListOf()
            from order in Gen.Choose(0, 3).NonEmptyListOf()
            select new Answer(said, [.. values], [.. cuts], [.. order]);
        return gen.ToArbitrary();
    }

    /// <summary>The inside of a JSON string, cut between any two of its UTF-16 units and never inside an escape.</summary>
    private static IEnumerable<string> Pieces(string text, int[] cuts)
    {
        for (var (at, turn) = (0, 0); at < text.Length; turn++)
        {
            var length = Math.Min(cuts[turn % cuts.Length], text.Length - at);
            var piece = text.Substring(at, length);
            at += length;
            var quoted = new StringBuilder();
            // A half of a character can only be said by its number.
            for (var i = 0; i < piece.Length; i++)
            {
                var isPair = char.IsHighSurrogate(piece[i]) && i + 1 < piece.Length;
                if (char.IsSurrogate(piece[i]) && !isPair) quoted.Append($"\\u{(int)piece[i]:x4}");
                else quoted.Append(JsonSerializer.Serialize(piece.Substring(i, isPair ? 2 : 1))[1..^1]);
                if (isPair) i++;
            }

            yield return quoted.ToString();
        }
    }

    /// <param name="Values">Of the one argument that each call has.</param>
    /// <param name="Order">Who speaks next: 0 is the text, the others the calls.</param>
    internal sealed record Answer(string Text, string[] Values, int[] Cuts, int[] Order)
    {
        public IReadOnlyList<string> Calls => [.. Values.Select(v => JsonSerializer.Serialize(new { v }))];

        public IEnumerable<string> Chunks()
        {
            var speakers = new List<Queue<string>> { new(Pieces(Text, Cuts).Select(p => $"\"content\":\"{p}\"")) };
            for (var i = 0; i < Calls.Count; i++)
            {
                var index = i;
                speakers.Add(new Queue<string>(Pieces(Calls[i], Cuts).Select((p, n) =>
                    $"\"tool_calls\":[{{\"index\":{index},{(n == 0 ? $"\"id\":\"call_{index}\",\"type\":\"function\"," : "")}\"function\":{{{(n == 0 ? "\"name\":\"f\"," : "")}\"arguments\":\"{p}\"}}}}]")));
            }

            for (var turn = 0; speakers.Exists(s => s.Count > 0); turn++)
            {
                var next = speakers[Order[turn % Order.Length] % speakers.Count];
                if (next.Count == 0) next = speakers.First(s => s.Count > 0);
                yield return "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{" + next.Dequeue() + "},\"logprobs\":null,\"finish_reason\":null}]}";
            }
        }
    }
}
