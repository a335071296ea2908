using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Gathering;

/// <summary>What a model thinks, told in its text.</summary>
public class MergedThoughtsTests
{
    [Theory]
    [InlineData("A,B;c,d", "<think>A|B|</think>c|d", "<think>AB</think>cd")]
    [InlineData(";c,d", "c|d", "cd")]
    // Nothing is said after it, or a tool is called.
    [InlineData("A;", "<think>A|</think>", "<think>A</think>")]
    [InlineData("A;!", "<think>A|</think>", "<think>A</think>")]
    // It thinks again after its first words.
    [InlineData("A;b;C;d", "<think>A|</think>b|<think>C|</think>d", "<think>A</think>b<think>C</think>d")]
    public async Task Thoughts_StandInTheText_StreamedAndWhole(string told, string pieces, string whole)
    {
        var chunks = await MergeAsync(Chunks(told));
        Assert.Equal(pieces, string.Join('|', chunks.Select(c => Delta(c)).Select(d => d.TryGetProperty("content", out var text) ? text.GetString() : "").Where(t => t!.Length > 0)));
        Assert.All(chunks, c => Assert.DoesNotContain("reasoning_content", Encoding.UTF8.GetString(c.Json.Span), StringComparison.Ordinal));
        var gatherer = new ChatGatherer();
        foreach (var chunk in chunks) gatherer.Add(chunk);
        var message = JsonDocument.Parse(gatherer.ToCompletion()).RootElement.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(whole, message.GetProperty("content").GetString());
        Assert.False(message.TryGetProperty("reasoning_content", out _));
        Assert.Equal(told.Contains('!', StringComparison.Ordinal), message.TryGetProperty("tool_calls", out _));
    }

    [Fact]
    public async Task EachChoice_HasThoughtsOfItsOwn()
    {
        var chunks = await MergeAsync([Chunk("""{"reasoning_content":"A"}""", 0), Chunk("""{"content":"b"}""", 1), Chunk("""{"reasoning_content":"C","content":"d"}""", 1), Chunk("""{"content":"e"}""", 0)]);
        Assert.Equal(["<think>A", "b", "<think>C</think>d", "</think>e"], chunks.Select(c => Delta(c).GetProperty("content").GetString()));
    }

    /// <summary>What is cited is cited by its place in the text, and the text has moved.</summary>
    [Fact]
    public async Task Annotations_PointToTheSameWordsAsBefore()
    {
        const string cited = "[{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":0,\"end_index\":2,\"url\":\"u\",\"title\":\"t\"}},{\"type\":\"other\",\"start_index\":1},5]";
        var chunks = await MergeAsync(
        [
            Chunk("{\"annotations\":" + cited + "}"), Chunk("{\"reasoning_content\":\"é\\ud83d\\ude00\\n\"}"), Chunk("{\"content\":\"ab\"}"),
            Chunk("{\"content\":null,\"annotations\":" + cited + "}"), Chunk("{\"annotations\":" + cited + "}", 1),
            Chunk("{\"reasoning_content\":\"A\",\"content\":\"cd\",\"annotations\":" + cited + ",\"role\":\"assistant\"}", 2),
        ]);

        // <think>é😀 and a line break</think>: 18; <think>A</think>: 16.
        Assert.Equal([(0, 2), (18, 20), (0, 2), (16, 18)], chunks.Select(chunk => Delta(chunk)).Where(delta => delta.TryGetProperty("annotations", out _))
            .Select(delta => delta.GetProperty("annotations")[0].GetProperty("url_citation")).Select(one => (one.GetProperty("start_index").GetInt32(), one.GetProperty("end_index").GetInt32())));
        Assert.All(chunks.Select(chunk => Delta(chunk)).Where(delta => delta.TryGetProperty("annotations", out _)),
            delta => Assert.Equal("{\"type\":\"other\",\"start_index\":1}|5", string.Join('|', delta.GetProperty("annotations").EnumerateArray().Skip(1).Select(one => one.GetRawText()))));
    }

    [Fact]
    public async Task ALastChunkWithoutADelta_ClosesThoughtsToo()
    {
        var chunks = await MergeAsync([Chunk("{\"reasoning_content\":\"A\"}"), Chunk("null", reason: "\"stop\"")]);
        Assert.Equal("</think>", Delta(chunks[1]).GetProperty("content").GetString());
    }

    [Fact]
    public async Task AChunkWithoutThoughts_IsTheSameBytes()
    {
        UpstreamChunk[] chunks = [Chunk("""{"role":"assistant","content":""}"""), Chunk("""{"content":"reasoning"}"""), new("""{"choices":[],"usage":{"total_tokens":3}}"""u8.ToArray(), ChunkKind.UsageOnly, null)];
        Assert.Equal(chunks, await MergeAsync(chunks));
    }

    [Theory]
    [InlineData("ollama", false)]
    [InlineData("openai", false)]
    [InlineData("ollama", true)]
    public async Task EveryProvidersThoughts_AreMerged_WhereTheRequestSaysSo(string provider, bool apart)
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request(provider, Harness.Say("x", ",\"reasoning_effort\":\"high\"")) with { Model = "qwen3:think", MergesThoughts = !apart };
        var text = string.Concat((await harness.CollectAsync(request)).Select(c => Delta(c)).Select(d => d.ValueKind == JsonValueKind.Object && d.TryGetProperty("content", out var t) ? t.GetString() : ""));
        Assert.Equal(apart, !text.StartsWith("<think>A simulated thought", StringComparison.Ordinal));
        Assert.Equal(apart ? 1 : 2, text.Split("</think>").Length);
    }

    private static JsonElement Delta(UpstreamChunk chunk) =>
        JsonDocument.Parse(chunk.Json).RootElement.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("delta")).FirstOrDefault();

    private static async Task<List<UpstreamChunk>> MergeAsync(IEnumerable<UpstreamChunk> chunks)
    {
        var merged = new List<UpstreamChunk>();
        await foreach (var chunk in MergedThoughts.OfAsync(chunks.ToAsyncEnumerable())) merged.Add(chunk);
        return merged;
    }

    /// <summary>Thoughts and words in turns, and ! for a call.</summary>
    private static IEnumerable<UpstreamChunk> Chunks(string told)
    {
        yield return Chunk("""{"role":"assistant","content":""}""");
        var field = "content";
        foreach (var turn in told.Split(';'))
        {
            field = field == "content" ? "reasoning_content" : "content";
            foreach (var piece in turn.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return piece == "!" ? Chunk("""{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""") : Chunk($$"""{"{{field}}":"{{piece}}"}""");
            }
        }

        yield return Chunk("{}", reason: "\"stop\"");
    }

    private static UpstreamChunk Chunk(string delta, int choice = 0, string reason = "null") => new(
        Encoding.UTF8.GetBytes($$"""{"id":"i","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":{{choice}},"delta":{{delta}},"finish_reason":{{reason}}}]}"""),
        ChunkKind.Payload, reason == "null" ? null : "stop");
}
