using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Errors;

/// <summary>What a front end makes of a call that failed while its client was there.</summary>
internal static class Contact
{
    /// <summary>
    /// Besides what <see cref="LostContact"/> knows, a cancellation that is not the client's: an engine that looks for a grain in a store which does not
    /// answer gives up by one.
    /// </summary>
    public static bool IsLost(HttpContext context, Exception e) =>
        !context.RequestAborted.IsCancellationRequested
        && (LostContact.Is(e) || (e is OperationCanceledException canceled and not ClientGoneException && canceled.CancellationToken != context.RequestAborted));
}
