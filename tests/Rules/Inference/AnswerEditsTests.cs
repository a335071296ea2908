using System.Text;
using System.Text.Json;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using UpstreamUsage = OrleansLlm.Providers.UpstreamUsage;

namespace OrleansLlm.Tests.Rules.Inference;

/// <summary>What is done to bodies and chunks when a fallback or another backend takes over.</summary>
public class AnswerEditsTests
{
    [Fact]
    public void Override_ReplacesFieldsAndKeepsTheRest() => Assert.Equal(
        """{"model":"b","temperature":0.10,"messages":[{"role":"user","content":"short"}],"x":1}""",
        Text(BodyEdits.Override(Bytes("""{"model":"a","temperature":0.10,"messages":[]}"""), Bytes("""{"model":"b","messages":[{"role":"user","content":"short"}],"x":1}"""))));

    [Fact]
    public void Continue_AddsTheBeginningAsTheAssistantsOwn() => Assert.Equal(
        """{"model":"a","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"Once upon"}]}""",
        Text(BodyEdits.Continue(Bytes("""{"model":"a","messages":[{"role":"user","content":"x"}]}"""), "Once upon")));

    [Fact]
    public void AnswerText_GathersContent()
    {
        var text = new AnswerText();
        text.Add(Chunk("""{"role":"assistant","content":"Once"}""").Json.Span);
        text.Add(Chunk("""{"content":" upon","refusal":null}""").Json.Span);
        Assert.Equal(("Once upon", true), (text.ToString(), text.CanBeContinued));
    }

    [Fact]
    public void AnswerText_JoinsTheHalvesOfACharacter()
    {
        var text = new AnswerText();
        text.Add(Chunk("""{"content":"\ud83d"}""").Json.Span);
        text.Add(Chunk("""{"content":"\ude00"}""").Json.Span);
        Assert.Equal(("\ud83d\ude00", true), (text.ToString(), text.CanBeContinued));
    }

    [Fact]
    public void AnswerText_ForWhoeverOnlyReadsIt_IsAllOfTheFirstChoice()
    {
        var text = new AnswerText(toItsEnd: true);
        foreach (var chunk in (string[])["""{"index":0,"delta":{"content":"Once"}}""", """{"index":1,"delta":{"content":"Long"}}""", """{"index":0,"delta":{"content":" upon","tool_calls":[]}}""", """{"index":0,"delta":{"content":" a time"}}"""])
        {
            text.Add(Encoding.UTF8.GetBytes($"{{\"choices\":[{chunk}]}}"));
        }

        Assert.Equal("Once upon a time", text.ToString());
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[]}}]}""")]
    [InlineData("""{"choices":[{"index":1,"delta":{"content":"x"}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""")]
    [InlineData("nonsense")]
    [InlineData("""["nonsense"]""")]
    [InlineData("""{"choices":["nonsense"]}""")]
    [InlineData("""{"choices":[{"index":"0","delta":{"content":"x"}}]}""")]
    public void AnswerText_OfAnythingButPlainText_CannotBeContinued(string chunk)
    {
        var text = new AnswerText();
        text.Add(Encoding.UTF8.GetBytes(chunk));
        Assert.False(text.CanBeContinued);
    }

    [Fact]
    public void ContinuedChunks_AreOneAnswer_WithOneRoleAndAUsageThatSaysSo()
    {
        var chunks = new ContinuedChunks();
        chunks.Saw(Chunk("""{"role":"assistant","content":"Once"}""", id: "first"));
        chunks.GoOnAfter(new UpstreamUsage(5, 2, 7, Estimated: true));
        Assert.Null(chunks.Adjust(Chunk("""{"role":"assistant","content":"","refusal":null}""", id: "second")));
        Assert.Equal(
            """{"id":"first","choices":[{"index":0,"delta":{"content":" upon"}}]}""",
            Text(chunks.Adjust(Chunk("""{"role":"assistant","content":" upon"}""", id: "second"))!.Json));
        Assert.NotNull(chunks.Adjust(new TokenChunk(Bytes("""{"id":"s","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"""))));
        var usage = chunks.Adjust(new TokenChunk(Bytes("""{"id":"s","choices":[],"usage":{"prompt_tokens":6,"completion_tokens":3,"total_tokens":9}}""")))!;
        Assert.Equal("""{"id":"first","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16,"continuations":1}}""", Text(usage.Json));
        Assert.Equal((11, 5), chunks.Adjust(new InferenceCompleted(6, 3, TimeSpan.Zero)) is var done ? (done.PromptTokens, done.CompletionTokens) : default);
    }

    [Fact]
    public void PromptEstimate_CountsTextAndNotPictures()
    {
        var picture = new string('A', 4000);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            model = "m",
            max_tokens = 50,
            messages = new object[]
            {
                new { role = "user", content = new string('x', 396) },
                new { role = "user", content = new object[] { new { type = "image_url", image_url = new { url = "data:image/png;base64," + picture } } } },
            },
        });
        Assert.InRange(PromptEstimate.Of(body), 100, 110);
    }

    [Fact]
    public void TriedList_TellsWhatWasTried_AndNothingWhenThatWasOneThing()
    {
        var failure = new Failure { Kind = FailureKind.UpstreamStatus, UpstreamStatus = 500, Message = "broken." };
        var list = new TriedList();
        list.Add("a", "ollama/a", failure);
        Assert.Equal("broken.", list.Tell(failure, 0, 0).Message);
        list.Add("a", "ollama/a", failure);
        list.Add("b", null, failure with { Kind = FailureKind.CircuitOpen });
        var told = list.Tell(failure, 1, 1);
        Assert.Equal(("broken. Tried: a (ollama/a): status 500, 2 times; b: cooling down.", 1, 1), (told.Message, told.Retries, told.Fallbacks));
    }

    private static TokenChunk Chunk(string delta, string id = "x") => new(Bytes($$"""{"id":"{{id}}","choices":[{"index":0,"delta":{{delta}}}]}"""));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
}
