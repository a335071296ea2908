using System.Data.Common;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Ledger;
using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>
/// <c>GET /ui/api/requests</c>: the newest requests of the cluster, then what the ledger has of older ones; <c>/{id}</c>: one of them. Query: <c>model</c> (a part
/// of the name), <c>key</c> (an alias, a key or a hash), <c>status</c> (or <c>failed</c>), <c>slow=1</c>, <c>limit</c>.
/// </summary>
/// <param name="ledger">Null: none is kept.</param>
internal sealed class RequestEndpoints(IGrainFactory grains, LiveJson live, KeyNames names, KeySearch keys, ILedgerReader? ledger = null)
{
    private const int DefaultRows = 100;
    private const int MostRows = 500;

    /// <summary>Rows of the ledger that are looked at for a search that it cannot do itself.</summary>
    private const int Window = 2_000;

    private IRecentRequestsGrain Recent => grains.GetGrain<IRecentRequestsGrain>(IRecentRequestsGrain.Key);

    public async Task ListAsync(HttpContext context)
    {
        var sight = new Sight(Identity.Of(context));
        var query = Read(context.Request.Query) with { Key = sight.OnlyKey ?? await KeyAsync(context) };
        var stories = query.Key == KeySearch.Nobody ? [] : await SearchAsync(query, context.RequestAborted);
        var isKnown = query.Key is not (null or KeySearch.Nobody);
        await names.LearnAsync(stories.Select(s => s.Key).Append(isKnown ? query.Key : null), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            // What the key that was asked for is called in the rows, also in those of requests that end later.
            json.WriteString("key", isKnown ? names.Of(query.Key) : null);
            json.WriteStartArray("data");
            foreach (var story in stories) live.Story(json, story);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task GetAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var sight = new Sight(Identity.Of(context));
        var story = await Recent.FindAsync(id) ?? await OldAsync(id, context.RequestAborted);
        // Another's is as if it were not there.
        if (story is null || !sight.Sees(story)) throw new RequestException(new ApiError(404, $"There is no request '{id}'.", "not_found_error", "request_not_found"));
        await names.LearnAsync([story.Key], context.RequestAborted);
        await JsonAnswer.WriteAsync(context, json => live.Story(json, story));
    }

    private async Task<List<RequestStory>> SearchAsync(StoryQuery query, CancellationToken cancellationToken)
    {
        var recent = await Recent.ListAsync(query);
        if (recent.Length >= query.Most && !query.SlowFirst) return [.. recent];
        var seen = recent.Select(s => s.RequestId).ToHashSet(StringComparer.Ordinal);
        var all = recent.Concat((await OlderAsync(query.Key, cancellationToken)).Select(Stories.From).Where(s => query.Matches(s) && !seen.Contains(s.RequestId)));
        return [.. (query.SlowFirst ? all.OrderByDescending(s => s.Took) : all.OrderByDescending(s => s.Time)).Take(query.Most)];
    }

    private async Task<IReadOnlyList<LedgerRow>> OlderAsync(string? key, CancellationToken cancellationToken)
    {
        try
        {
            return ledger is null ? [] : await ledger.FindAsync(new LedgerQuery { KeyHash = key, Most = Window }, cancellationToken);
        }
        catch (DbException)
        {
            // The newest are worth showing without the others.
            return [];
        }
    }

    private async Task<RequestStory?> OldAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return ledger is null ? null : (await ledger.FindAsync(new LedgerQuery { RequestId = id, Most = 1 }, cancellationToken)).Select(Stories.From).FirstOrDefault();
        }
        catch (DbException)
        {
            return null;
        }
    }

    private async Task<string?> KeyAsync(HttpContext context) =>
        context.Request.Query["key"].ToString() is { Length: > 0 } named ? await keys.FindAsync(named) : null;

    private static StoryQuery Read(IQueryCollection query) => new()
    {
        Model = query["model"].ToString() is { Length: > 0 } model ? model : null,
        Status = query["status"].ToString() is { Length: > 0 } status ? status : null,
        SlowFirst = query["slow"] == "1",
        Most = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? Math.Clamp(most, 1, MostRows) : DefaultRows,
    };
}
