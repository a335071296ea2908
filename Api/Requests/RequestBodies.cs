using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Requests;

/// <summary>
/// Reads the bodies of clients' requests, of which each is bounded and all together are (<see cref="ConnectionOptions.MaxBodyBytes"/>): a body takes room as it
/// comes, so that whoever announces one and does not send it takes none, and until its request has ended.
/// </summary>
internal sealed class RequestBodies(ICatalog catalog)
{
    private readonly BodyRoom _room = new(catalog.Current.Settings.Connections.MaxBodyBytes);

    public Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context) => ReadAsync(context, catalog.Current.Settings.MaxRequestBytes);

    /// <param name="limit">The bytes that this one may have.</param>
    public Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, long limit)
    {
        if (context.Request.ContentLength is { } length && length <= limit && length > _room.Free) throw new RequestException(RequestBody.NoRoom);
        var share = new BodyShare(_room);
        context.Response.RegisterForDispose(share);
        return RequestBody.ReadAsync(context, limit, share);
    }
}
