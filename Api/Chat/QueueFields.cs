using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Requests;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Chat;

/// <summary>On which terms a request waits: its headers, else its body, else what is configured for its user, else for everybody.</summary>
internal static class QueueFields
{
    public const int LowestPriority = 255;

    private const double LongestSeconds = 86_400 * 30;
    private const string PriorityHeader = "x-litellm-priority";
    private const string CommentsHeader = "x-queue-comments";
    private const string TimeoutHeader = "x-queue-timeout";

    /// <param name="user">The user grain's key.</param>
    /// <param name="rights">Of a virtual key; null: there is none.</param>
    public static QueueTerms Read(IHeaderDictionary headers, ChatFields fields, string user, QueueOptions options, Rights? rights)
    {
        var own = options.Users.GetValueOrDefault(user);
        var asked = HeaderNumbers.ReadWhole(headers, PriorityHeader, 0, LowestPriority) ?? fields.Priority;
        return new QueueTerms
        {
            Priority = PriorityOf(asked, own?.Priority ?? options.DefaultPriority, rights),
            Weight = rights?.Weight ?? own?.Weight ?? 1,
            Timeout = (HeaderNumbers.Read(headers, TimeoutHeader, 0, LongestSeconds) ?? fields.QueueTimeout) is { } seconds
                ? TimeSpan.FromSeconds(Math.Min(seconds, LongestSeconds)) : null,
            TellProgress = fields.Stream && (options.Comments || headers[CommentsHeader] == "true"),
            Turn = fields.Turn,
            Follows = fields.Follows,
            Conversation = fields.FirstTurn,
        };
    }

    /// <summary>Whoever has a virtual key can step back by asking, and cannot get ahead of what its key, its user or the file gives it.</summary>
    private static int PriorityOf(int? asked, int configured, Rights? rights)
    {
        if (rights is null) return asked ?? configured;
        var best = rights.Priority ?? configured;
        return Math.Max(asked ?? best, best);
    }
}
