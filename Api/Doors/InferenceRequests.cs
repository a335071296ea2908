using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Caching;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Streams;
using OrleansLlm.Api.Telemetry;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Doors;

/// <summary>Step 1: what the cluster is asked, from what a client's request, its headers and its key say.</summary>
internal sealed class InferenceRequests(ICatalog catalog, TimeProvider time)
{
    private const double MaxSeconds = 30 * 86_400;

    /// <exception cref="RequestException">It names no model, one that is not served, or one that its key may not use.</exception>
    public InferenceRequest For(HttpContext context, IDoor door, DoorRequest asked)
    {
        var fields = asked.Fields;
        var settings = catalog.Current.Settings;
        var model = RouteModel.Of(context) ?? (string.IsNullOrEmpty(fields.Model) ? settings.DefaultModel : fields.Model);
        if (string.IsNullOrEmpty(model))
        {
            throw new RequestException(ApiError.BadRequest("You must provide a model parameter: this gateway has no default_model.", "model", "missing_required_parameter"));
        }

        var current = catalog.Current;
        var rights = Identity.Of(context).Rights;
        var group = current.FindGroup(model);
        if ((rights?.RefuseModel(model, group) ?? RefuseFallbacks(rights, fields, current)) is { } denied) throw new RequestException(denied);
        if (group is null && (model.Length > GatewayCatalog.LongestName || fields.DisableFallbacks || (fields.Fallbacks.IsEmpty && current.Routing.FallbacksFor(model).IsEmpty)))
        {
            throw new RequestException(ApiError.From(Failure.UnknownModel(model)));
        }

        var headers = context.Request.Headers;
        fields.User = EndUser.Of(context, settings.Access) ?? fields.User;
        var user = Caller.UserOf(context, fields.User);
        var kind = asked.Kind ?? door.Kind;
        var conversation = asked.Conversation ?? ConversationFields.Read(context, fields);
        if (conversation is not null && kind != InferenceKind.Chat)
        {
            throw new RequestException(ApiError.BadRequest("A stored conversation has messages, and this request has none.", ConversationFields.Header, "conversation_needs_messages"));
        }

        var queue = QueueFields.Read(headers, fields, user, settings.Queue, rights);
        return new InferenceRequest
        {
            Model = model,
            User = user,
            Key = Caller.KeyHashOf(context),
            KeyAlias = rights?.Key.Alias,
            Team = rights?.TeamId,
            PromptEstimate = PromptLength.Tokens(fields.PromptBytes),
            MaxOutputTokens = fields.MaxOutputTokens,
            Kind = kind,
            Body = asked.Body,
            Plain = asked.Plain,
            AnthropicFallbacks = asked.AnthropicFallbacks,
            Stream = fields.Stream,
            IncludeUsage = fields.IncludeUsage || (settings.AlwaysStreamUsage && fields.Stream && kind == InferenceKind.Chat),
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            TraceParent = TraceHeaders.Parent(headers),
            TraceState = TraceHeaders.State(headers),
            DisableFallbacks = fields.DisableFallbacks,
            Timeout = Seconds(headers, "x-litellm-timeout", fields.Timeout),
            FirstTokenTimeout = Seconds(headers, "x-litellm-stream-timeout", fields.StreamTimeout),
            Fallbacks = fields.Fallbacks,
            MaxFallbacks = fields.MaxFallbacks,
            ResumableBy = door.MayResume ? ResumableHeader.Read(context, fields.Stream) : null,
            // A stored answer would show nothing of the fallbacks.
            Cache = fields.SimulatedFailure is null ? CacheFields.Read(context, fields, kind, settings.Cache) : null,
            SimulatedFailure = fields.SimulatedFailure,
            MergesThoughts = !door.TellsThoughts ? fields.MergesThoughts : current.MergesThoughts ? false : null,
            Tags = RequestTags.Of(headers, fields, rights, current),
            Conversation = conversation,
            Response = asked.Response,
            AnthropicBeta = asked.AnthropicBeta,
            SpeaksAnthropic = asked.SpeaksAnthropic,
            Queue = door.TellsQueue ? queue : queue with { TellProgress = false },
            Scopes = rights is null ? [] : ScopesOf(rights, model, fields, current),
            Retries = (int?)HeaderNumbers.Read(headers, "x-litellm-num-retries", 0, 100) ?? fields.Retries,
        };
    }

    private static ImmutableArray<LimitedScope> ScopesOf(Rights rights, string model, ChatFields fields, GatewayCatalog current)
    {
        var limits = current.Settings.Limits;
        if (!rights.LimitsModels) return rights.ScopesOf(limits, [], []);
        var standIns = current.Routing.StandInsFor(model, fields.Fallbacks, fields.DisableFallbacks, fields.MaxFallbacks);
        return rights.ScopesOf(limits, current.NamesOf(model), [.. standIns.SelectMany(s => current.NamesOf(s))]);
    }

    /// <summary>The models that the request itself names as fallbacks are asked for like the first one.</summary>
    private static ApiError? RefuseFallbacks(Rights? rights, ChatFields fields, GatewayCatalog current)
    {
        if (rights is null) return null;
        foreach (var target in fields.Fallbacks)
        {
            if (rights.RefuseModel(target.Model, current.FindGroup(target.Model)) is { } denied) return denied;
        }

        return null;
    }

    private static TimeSpan? Seconds(IHeaderDictionary headers, string header, double? field) =>
        (HeaderNumbers.Read(headers, header, 0.001, MaxSeconds) ?? field) is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds)) : null;
}
