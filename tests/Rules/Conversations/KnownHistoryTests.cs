using System.Text;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Conversations;

namespace OrleansLlm.Tests.Rules.Conversations;

/// <summary>A client that sends along what is stored already.</summary>
public class KnownHistoryTests
{
    private const string Question = """{"role":"user","content":"say x"}""";
    private const string Answer = """{"role":"assistant","content":"x"}""";

    private static readonly ConversationContent Stored = new()
    {
        Turns = [new ConversationTurn { Id = "t", Asked = Bytes(Question), Answer = Bytes(Answer), Tokens = 5 }],
    };

    [Fact]
    public void WhatIsStored_IsNotNewOnceMore()
    {
        var prompt = Compose($"""{Question},{Answer},{Question.Replace("say x", "go on", StringComparison.Ordinal)}""");
        Assert.Equal("""{"role":"user","content":"go on"}""", Encoding.UTF8.GetString(prompt.Turn.Asked.Span));
    }

    /// <summary>By what is allocated: with a copy of all messages before each that is like the stored answer it would be gigabytes.</summary>
    [Fact]
    public void ABodyFullOfTheStoredAnswer_CostsWhatItIsLong()
    {
        var messages = string.Join(',', Enumerable.Repeat(Answer, 20_000));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(messages.Length, Compose(messages).Turn.Asked.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L * messages.Length);
    }

    /// <summary>Claude takes four, and refuses the request with five.</summary>
    [Fact]
    public void WhatIsToBeCached_IsTheRequestsOwnMarkAlone()
    {
        const string marked = """{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}""";
        var stored = new ConversationContent { Turns = [new ConversationTurn { Id = "t", Asked = Bytes($"{marked},{marked}"), Answer = Bytes(Answer), Tokens = 5 }] };
        var body = Bytes($$"""{"model":"m","messages":[{{marked}}]}""");
        var prompt = ConversationPrompt.Compose(body, body.Length / 4, stored, use: null, "r", maxTokens: null);
        const string unmarked = """{"role":"user","content":[{"type":"text","text":"a"}]}""";
        Assert.Equal($$"""{"model":"m","messages":[{{unmarked}},{{unmarked}},{{Answer}},{{marked}}]}""", Encoding.UTF8.GetString(prompt.Body.Span));
        Assert.Equal(marked, Encoding.UTF8.GetString(prompt.Turn.Asked.Span));
    }

    [Fact]
    public void TheRequestInOtherWords_HasTheSameHistory()
    {
        const string system = """{"role":"system","content":"be brief"}""";
        const string asked = """{"role":"user","content":"go on"}""";
        const string thought = """{"role":"assistant","content":"x","thinking_blocks":[]}""";
        var prompt = Compose($"{system},{Question},{thought},{asked}");
        var others = prompt.In(Bytes($$"""{"reasoning_effort":"low","messages":[{{system}},{{Question}},{{Answer}},{{asked}}]}"""));
        Assert.Equal($$"""{"reasoning_effort":"low","messages":[{{system}},{{Question}},{{Answer}},{{asked}}]}""", Encoding.UTF8.GetString(others.Span));
        Assert.Equal($$"""{"model":"m","messages":[{{system}},{{Question}},{{Answer}},{{asked}}]}""", Encoding.UTF8.GetString(prompt.Body.Span));
        Assert.True(prompt.In(Bytes($$"""{"messages":[{{asked}}]}""")).IsEmpty);
        Assert.True(prompt.In(default).IsEmpty);
    }

    private static ConversationPrompt Compose(string messages)
    {
        var body = Bytes($$"""{"model":"m","messages":[{{messages}}]}""");
        return ConversationPrompt.Compose(body, body.Length / 4, Stored, use: null, "r", maxTokens: null);
    }

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
