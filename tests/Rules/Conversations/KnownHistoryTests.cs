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

    private static ConversationPrompt Compose(string messages)
    {
        var body = Bytes($$"""{"model":"m","messages":[{{messages}}]}""");
        return ConversationPrompt.Compose(body, body.Length / 4, Stored, use: null, "r", maxTokens: null);
    }

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
