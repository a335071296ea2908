using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Providers;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>A stored answer told as a stream says the same: gathered again, it is the stored one.</summary>
public class CachedReplayTests
{
    [Theory]
    [InlineData("""{"role":"assistant","content":"short","refusal":null}""", "stop", "null")]
    [InlineData("""{"role":"assistant","content":"","refusal":null}""", "length", "null")]
    [InlineData("""{"role":"assistant","content":"answer","refusal":null,"reasoning_content":"thoughts"}""", "stop", "null")]
    [InlineData("""{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]}""", "tool_calls", "null")]
    [InlineData("""{"role":"assistant","content":"ab","refusal":null}""", "stop", """{"content":[{"token":"a","logprob":-1,"bytes":null,"top_logprobs":[]},{"token":"b","logprob":-2,"bytes":null,"top_logprobs":[]}],"refusal":null}""")]
    public void GatheredAgain_ItIsTheSame(string message, string finish, string logprobs) => AssertSame(Completion(message, finish, logprobs));

    [Fact]
    public void EachChoiceIsTold()
    {
        var choices = Enumerable.Range(0, 3).Select(i => $$"""{"index":{{i}},"message":{"role":"assistant","content":"answer {{i}}","refusal":null},"logprobs":null,"finish_reason":"stop"}""");
        AssertSame($$"""{"id":"i","object":"chat.completion","created":7,"model":"m","choices":[{{string.Join(',', choices)}}],"system_fingerprint":"f"}""");
    }

    [Fact]
    public void AnyTextIsCutIntoPiecesAndWholeAgain() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
    {
        // Half a surrogate pair cannot be stored in the first place.
        var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text ?? "", 5))));
        AssertSame(Completion(JsonSerializer.Serialize(new { role = "assistant", content = valid, refusal = (string?)null }), "stop", "null"));
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private static string Completion(string message, string finish, string logprobs) =>
        $$$"""{"id":"i","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{{{message}}},"logprobs":{{{logprobs}}},"finish_reason":"{{{finish}}}"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""";

    private static void AssertSame(string completion)
    {
        var gatherer = new ChatGatherer();
        foreach (var chunk in CachedReplay.ChunksOf(Encoding.UTF8.GetBytes(completion), includeUsage: true)) gatherer.Add(new UpstreamChunk(chunk, default, null));
        var again = JsonNode.Parse(gatherer.ToCompletion());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(completion), again), $"{completion}\n{again!.ToJsonString()}");
    }
}
