namespace OrleansLlm.Grains.Conversations;

/// <summary>
/// A task is a question and the calls that it takes to answer it: one turn after the other that begins with the results of the calls before.
/// One that has outgrown its conversation keeps its question, and of the calls with their results the newest.
/// </summary>
internal static class LongTask
{
    /// <param name="turns">The last of them continues the one before it.</param>
    /// <returns>
    /// The question together with the last call before the newest turns that fit, and these turns. A call is never parted from its results.
    /// Null: not even the newest turn fits with the question and the call that it continues.
    /// </returns>
    public static List<StoredTurn>? Shortened(List<StoredTurn> turns, long bytes, int count)
    {
        var start = Math.Max(0, turns.FindLastIndex(t => !t.Continues));
        byte[]? question = null;
        var first = 0;
        for (var i = turns.Count - 1; i > start; i--)
        {
            bytes -= turns[i].Bytes();
            // The question is a turn as well.
            if (bytes < 0 || turns.Count - i + 1 > count) break;
            // Messages that nobody has answered: here is no call to begin with.
            if (turns[i - 1].Answer.Length == 0) continue;
            question ??= QuestionOf(turns[start]);
            if (question.Length + turns[i - 1].Answer.Length > bytes) break;
            first = i;
        }

        return first == 0 ? null : [Joined(turns[start].Id, question!, turns[first - 1].Answer), .. turns[first..]];
    }

    private static StoredTurn Joined(string id, byte[] question, byte[] call) => new()
    {
        Id = id,
        Asked = question,
        Answer = call,
        Tokens = ConversationPrompt.TokensOf(question) + ConversationPrompt.TokensOf(call),
    };

    /// <summary>Without results of calls that are not there any more, and without calls whose results are going to be left out.</summary>
    private static byte[] QuestionOf(StoredTurn turn)
    {
        var isCall = turn.Answer.Length == 0;
        if (!isCall && !turn.Continues) return turn.Asked;
        List<Message> messages = [.. MessageList.OfStored(turn.Asked).SkipWhile(m => m.IsToolResult)];
        var call = isCall ? messages.FindLastIndex(m => m.IsAssistant) : -1;
        return MessageList.Join((call < 0 ? messages : messages.Take(call)).Select(m => m.Json));
    }
}
