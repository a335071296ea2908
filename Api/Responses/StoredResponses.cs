using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>What the caller has stored of its responses. Those of others are not there.</summary>
internal sealed class StoredResponses(IGrainFactory grains)
{
    private const int MaxReferences = 1000;

    public static RequestException NotFound(string id) => new(new ApiError(404, $"Response with id '{id}' not found.", "invalid_request_error", "response_not_found", "response_id"));

    /// <exception cref="RequestException">The caller has none of this id.</exception>
    public Task<(string Id, IResponseGrain Grain, StoredResponse Stored)> FindAsync(HttpContext context) =>
        FindAsync(context, (string)context.Request.RouteValues["id"]!);

    /// <exception cref="RequestException">The caller has none of this id.</exception>
    public async Task<(string Id, IResponseGrain Grain, StoredResponse Stored)> FindAsync(HttpContext context, string id)
    {
        if (!ResponseKeys.IsId(id)) throw NotFound(id);
        var grain = GrainOf(context, id);
        var stored = await grain.ReadAsync();
        if (stored.Status == ResponseStatus.Running) stored = await CheckAsync(context, id, grain, stored);
        return stored.Status == ResponseStatus.None ? throw NotFound(id) : (id, grain, stored);
    }

    /// <summary>The items of stored answers that a request only names; those that are not found are left out.</summary>
    public async Task<Dictionary<string, JsonObject>> FindItemsAsync(HttpContext context, IEnumerable<string> ids)
    {
        var found = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var response in ids.Take(MaxReferences).Distinct(StringComparer.Ordinal).GroupBy(ItemIds.ResponseOf))
        {
            if (response.Key is not { } id) continue;
            var stored = await GrainOf(context, id).ReadAsync();
            if (stored.Status != ResponseStatus.Answered) continue;
            var items = JsonNode.Parse(ResponseObject.Of(id, stored).Span)!["output"]!.AsArray();
            foreach (var (named, item) in NamedItems.Among(items, [.. response])) found[named] = item;
        }

        return found;
    }

    public IInferenceGrain InferenceOf(string id) => grains.GetGrain<IInferenceGrain>(ResponseKeys.InferenceOf(id));

    private IResponseGrain GrainOf(HttpContext context, string id) =>
        grains.GetGrain<IResponseGrain>(ResponseKeys.Of(ConversationOwner.Of(context, userField: null).Name, id));

    /// <summary>One whose inference has gone without an end in the store has failed, and the first to ask finds out.</summary>
    private async Task<StoredResponse> CheckAsync(HttpContext context, string id, IResponseGrain grain, StoredResponse stored)
    {
        try
        {
            if (await InferenceOf(id).IsRunningAsync()) return stored;
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            // Busy, or dead and not yet known to be: only the word of a living node that it is not there counts, and the next to ask gets it.
            return stored;
        }

        // It may have ended just now: the first end is the one that stays.
        await grain.FailAsync(Failure.EndNotStored);
        return await grain.ReadAsync();
    }
}
