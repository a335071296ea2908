using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Providers;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Upstream.OpenAi;

/// <summary>A chunk that is like another but for its text is not scanned again: nobody may be able to tell.</summary>
public sealed class RepeatedChunkTests
{
    private const string Role = """{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null},{"index":1,"delta":{"role":"assistant"},"finish_reason":null}]}""";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Frames with one text, written with other spaces, other places and other things beside it.</summary>
    private static readonly Func<string, string>[] Shapes =
    [
        text => $$$"""{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"content":{{{text}}}},"finish_reason":null}]}""",
        text => $$$"""{"choices":[{"delta":{"content":{{{text}}}}}],"id":"c1","created":7}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"reasoning_content":{{{text}}}},"finish_reason":null}]}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"","reasoning_content":{{{text}}}},"finish_reason":null}],"usage":null}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":1,"delta":{"role":"assistant","content":{{{text}}}},"finish_reason":null}]}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"content":{{{text}}}},"logprobs":{"content":[{"token":"a","logprob":-1}]},"finish_reason":null}]}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"content":{{{text}}}},"finish_reason":null},{"index":1,"delta":{"content":"x"},"finish_reason":null}]}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"content":{{{text}}}},"finish_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""",
        text => $$$"""{"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"content":{{{text}}},"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}""",
    ];

    private static Gen<string> Frame =>
        from text in ArbMap.Default.GeneratorFor<string>()
        from word in Gen.Elements("Hello", " world", "\n", "a\"b", "c\\d", "", "😀", "é", "/", "\u2028")
        from known in Gen.Elements(true, true, false)
        from readable in Gen.Elements(true, false)
        from shape in Gen.Elements(Shapes)
        select shape(JsonSerializer.Serialize(known ? word : text ?? "", readable ? Readable : null));

    [Fact]
    public void AnyChunks_AreForwardedAsIfEachWereScanned() => Prop.ForAll(Frame.ListOf().ToArbitrary(), frames =>
    {
        var answer = Answer();
        foreach (var frame in (string[])[Role, .. frames])
        {
            var alone = Answer();
            if (frame != Role) Read(alone, Role);
            Assert.Equal(Say(Read(alone, frame)), Say(Read(answer, frame)));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyChunks_AreGatheredAsIfEachWereParsed() => Prop.ForAll(Frame.ListOf().ToArbitrary(), frames =>
    {
        var (answer, short_, long_) = (Answer(), new ChatGatherer(), new ChatGatherer());
        foreach (var chunk in ((string[])[Role, .. frames]).SelectMany(frame => Read(answer, frame)))
        {
            short_.Add(chunk);
            long_.Add(chunk with { MoreText = default });
        }

        Assert.Equal(Encoding.UTF8.GetString(long_.ToCompletion()), Encoding.UTF8.GetString(short_.ToCompletion()));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TheSecondOfAKind_IsKnown()
    {
        var answer = Answer();
        Read(answer, Role);
        Assert.True(Read(answer, Shapes[0]("\"Hello\"")).Single().MoreText.IsEmpty);
        Assert.Equal(" wor\\nld", Encoding.UTF8.GetString(Read(answer, Shapes[0]("\" wor\\nld\"")).Single().MoreText.Span));
    }

    [Fact]
    public void AChunkThatWasGivenItsRole_IsNoModelForTheNext()
    {
        var answer = Answer();
        Assert.Contains("\"role\":\"assistant\"", Say(Read(answer, Shapes[0]("\"Hello\""))).Single().Item1, StringComparison.Ordinal);
        Assert.DoesNotContain("role", Say(Read(answer, Shapes[0]("\" world\""))).Single().Item1, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"a\" \"b\"")]
    [InlineData("\"a\\\"")]
    [InlineData("\"a\\x\"")]
    [InlineData("\"a\nb\"")]
    [InlineData("\"\\u12\"")]
    public void WhatIsNoText_IsStillGarbled(string text)
    {
        var answer = Answer();
        Read(answer, Role);
        Read(answer, Shapes[0]("\"Hello\""));
        Assert.Equal(FailureKind.Garbled, Assert.Throws<UpstreamException>(() => Read(answer, Shapes[0](text))).Failure.Kind);
    }

    [Fact]
    public void BytesThatAreNoUtf8_AreStillGarbled()
    {
        var answer = Answer();
        Read(answer, Role);
        Read(answer, Shapes[0]("\"Hello\""));
        var frame = Encoding.UTF8.GetBytes(Shapes[0]("\"Hallo\""));
        frame[frame.AsSpan().IndexOf("Hallo"u8) + 1] = 0xC3;
        Assert.Equal(FailureKind.Garbled, Assert.Throws<UpstreamException>(() => answer.Read(frame, [])).Failure.Kind);
    }

    private static OpenAiAnswer Answer() => new(
        new UpstreamRequest
        {
            Provider = "openai", ApiBase = new Uri("http://localhost/v1"), Model = "m", PublicModel = "public", Body = "{}"u8.ToArray(), CompletionId = "c", Created = 7,
        },
        new UpstreamReport());

    private static List<UpstreamChunk> Read(OpenAiAnswer answer, string frame)
    {
        var chunks = new List<UpstreamChunk>();
        answer.Read(Encoding.UTF8.GetBytes(frame), chunks);
        return chunks;
    }

    private static IEnumerable<(string, ChunkKind, string?)> Say(List<UpstreamChunk> chunks) =>
        chunks.Select(chunk => (Encoding.UTF8.GetString(chunk.Json.Span), chunk.Kind, chunk.FinishReason));
}
