using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Audit;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Admin;

/// <summary>Has a change made by its owner, puts it in force on this node before the answer, and writes down who did it.</summary>
internal sealed class CatalogChanges(IGrainFactory grains, ICatalogSync sync, ICatalog catalog, IAuditLog audit)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    public async Task<ChangeMade> MakeAsync(HttpContext context, CatalogChange change, string target)
    {
        ChangeAnswer answer;
        try
        {
            answer = await grains.GetGrain<ICatalogGrain>(ICatalogGrain.Key).ChangeAsync(change);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The owner was lost, or its store is away.
            Log(context, change.ToString(), target, "its outcome is unknown: " + Contact.WordsOf(e));
            throw Unreachable();
        }

        if (answer is ChangeRefused refused)
        {
            Log(context, change.ToString(), target, "refused: " + refused.Reason);
            throw new RequestException(ErrorTable.For(refused));
        }

        // Whether or not anybody waits for the answer.
        Log(context, change.ToString(), target, "made");
        await sync.SyncAsync(CancellationToken.None);
        return (ChangeMade)answer;
    }

    public void Log(HttpContext context, string action, string target, string outcome) =>
        audit.Write(new AuditEntry(
            action, Administrator.NameOf(context), Loggable(target), ClientAddress.Of(context, catalog.Current.Settings), outcome, context.TraceIdentifier));

    public static RequestException Unreachable() => new(new ApiError(
        503, "The node that keeps this cannot be reached, and whether the change was made is unknown; asking again is safe.", "server_error", "gateway_unavailable") { RetryAfter = Again });

    /// <summary>One line, whatever the client called it; an address without a user name.</summary>
    private static string Loggable(string target)
    {
        var shown = Uri.TryCreate(target, UriKind.Absolute, out var url) && url.UserInfo.Length > 0 ? url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : target;
        return string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c));
    }
}
