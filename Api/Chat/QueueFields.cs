using Microsoft.AspNetCore.Http;
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
    private const string TimeoutHeader = "x-queue-timeout";

    /// <param name="user">The user grain's key.</param>
    public static QueueTerms Read(IHeaderDictionary headers, ChatFields fields, string user, QueueOptions options)
    {
        var own = options.Users.GetValueOrDefault(user);
        return new QueueTerms
        {
            Priority = HeaderNumbers.ReadWhole(headers, PriorityHeader, 0, LowestPriority) ?? fields.Priority ?? own?.Priority ?? options.DefaultPriority,
            Weight = own?.Weight ?? 1,
            Timeout = (HeaderNumbers.Read(headers, TimeoutHeader, 0, LongestSeconds) ?? fields.QueueTimeout) is { } seconds
                ? TimeSpan.FromSeconds(Math.Min(seconds, LongestSeconds)) : null,
            TellProgress = fields.Stream && options.Comments,
            Turn = fields.Turn,
            Follows = fields.Follows,
        };
    }
}
