using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Errors;

/// <summary>What a front end makes of a call that failed while its client was there.</summary>
internal static class Contact
{
    private const int MostWords = 200;

    /// <summary>
    /// Besides what <see cref="LostContact"/> knows, a cancellation that is not the client's: an engine that looks for a grain in a store which does not
    /// answer gives up by one. And memory that has run out: a silo's failure arrives as the exception that it was, and nothing of it says on which node it was thrown. Whichever
    /// that is, others may have room, and so may this one when what it runs has ended.
    /// </summary>
    public static bool IsLost(HttpContext context, Exception e) =>
        !context.RequestAborted.IsCancellationRequested
        && (LostContact.Is(e) || e is OutOfMemoryException || (e is OperationCanceledException canceled and not ClientGoneException && canceled.CancellationToken != context.RequestAborted));

    /// <summary>
    /// What may be told of a failure outside the log. The engines' own words are one line for people; where a message quotes an exception or a call, with their names and stacks,
    /// it is told in ours.
    /// </summary>
    public static string WordsOf(Exception e)
    {
        var line = e.Message.AsSpan().Trim();
        var isOne = line is { Length: > 0 and <= MostWords } && line.IndexOfAny('\r', '\n') < 0;
        return isOne && !line.Contains("Exception", StringComparison.Ordinal) && !line.Contains("[", StringComparison.Ordinal)
            ? line.ToString()
            : "a node of the gateway, or the store behind it, does not answer.";
    }
}
