using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;

namespace OrleansLlm.Grains.Conversations;

/// <summary>The list of one user's conversations, the longest unused first.</summary>
internal static class ConversationList
{
    /// <summary>How many more than it may keep are listed while the victims are being deleted.</summary>
    public const int Slack = 64;

    /// <summary>So many are named to be deleted that there is soon no room for new ones: those in use must go as well.</summary>
    public static bool IsCrowded(ListAnswer answer) => answer.Victims.Length > Slack / 2;

    /// <summary>A conversation tells the list no more often than this that it is used.</summary>
    public static TimeSpan Precision(ConversationOptions options) => options.Ttl / 10 < TimeSpan.FromHours(1) ? options.Ttl / 10 : TimeSpan.FromHours(1);

    public static ListAnswer Add(List<ListedConversation> list, string key, ConversationOptions options, DateTimeOffset now)
    {
        var known = list.RemoveAll(c => c.Key == key) > 0;
        var victims = Victims(list, options, now);
        if (!known && list.Count >= options.MaxConversations + Slack) return new ListAnswer(false, victims);
        list.Add(new ListedConversation { Key = key, ListedAt = now.UtcTicks });
        return new ListAnswer(true, victims);
    }

    /// <summary>The expired and, to make room for one more, the longest unused.</summary>
    private static ImmutableArray<string> Victims(List<ListedConversation> list, ConversationOptions options, DateTimeOffset now)
    {
        var expired = list.TakeWhile(c => now.UtcTicks - c.ListedAt >= (options.Ttl + Precision(options)).Ticks).Count();
        return [.. list.Take(Math.Max(expired, list.Count + 1 - options.MaxConversations)).Select(c => c.Key)];
    }
}
