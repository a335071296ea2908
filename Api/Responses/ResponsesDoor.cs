using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary><c>POST /v1/responses</c>: one request of it, whose references have been looked up.</summary>
/// <param name="compactsAlone">It is one of <c>/v1/responses/compact</c>.</param>
internal sealed class ResponsesDoor(ICatalog catalog, ResponseBody asked, IReadOnlyDictionary<string, JsonObject> references, bool compactsAlone = false) : IDoor
{
    /// <summary>Tools that no chat model is told of.</summary>
    public const string DroppedToolsHeader = "x-dropped-tools";

    public InferenceKind Kind => InferenceKind.Chat;

    /// <summary>An answer in the background is what is resumed here.</summary>
    public bool TellsThoughts => true;

    public bool MayResume => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (asked.Json["prompt"] is not null) throw ResponseBody.Unsupported("prompt", "is not kept by this gateway");
        var translated = ResponsesToOpenAi.Of(asked, HostedTools.Of(catalog.Current, asked), references);
        var previous = asked.Text("previous_response_id");
        var conversation = ConversationIn(asked);
        if (previous is not null && conversation is not null) throw ResponseBody.Invalid("conversation", "it cannot be together with 'previous_response_id'");
        var truncation = asked.Text("truncation");
        if (truncation is not (null or "auto" or "disabled")) throw ResponseBody.Invalid("truncation", "expected 'auto' or 'disabled'");
        var store = asked.Flag("store") ?? true;
        var background = asked.Flag("background") ?? false;
        if (background && !store) throw ResponseBody.Invalid("background", "it needs 'store': true");

        var named = conversation is null ? null : ConversationFields.Named(context, conversation, "conversation");
        var fields = ChatScanner.Scan(translated.Chat.Span);
        var headed = ConversationFields.Read(context, fields);
        if (previous is not null && headed is not null) throw ResponseBody.Invalid(ConversationFields.Header, "it cannot be together with 'previous_response_id'");
        if (translated.DroppedTools.Count > 0) context.Response.Headers[DroppedToolsHeader] = string.Join(", ", translated.DroppedTools.Select(Uri.EscapeDataString));
        var compacts = !Compaction.IsAskedBy(asked) ? null : compactsAlone ? Compaction.Alone : "item";
        var owner = ConversationOwner.Of(context, userField: null).Name;
        return new DoorRequest(translated.Chat, fields)
        {
            Conversation = named,
            Response = new ResponseUse
            {
                Request = ResponseEcho.Of(asked, store, (named ?? headed) is { } use ? ConversationKeys.IdOf(use.Key) : null, compacts),
                Key = store ? ResponseKeys.Of(owner, ResponseKeys.IdOf(context.TraceIdentifier)) : null,
                Previous = previous is null ? null : PreviousOf(owner, previous),
                Background = background,
                MustFit = truncation == "disabled",
                ConversationMustExist = named is not null,
                HasInstructions = translated.HasInstructions,
            },
        };
    }

    /// <summary>Codex knows that its context is full by an event alone, and sums it up then; of a status it only ends the turn.</summary>
    public bool TellsInStream(HttpContext context, Failure failure) =>
        context.Request.Headers["originator"].ToString().StartsWith("codex", StringComparison.OrdinalIgnoreCase) && ApiError.From(failure).Code == ErrorTable.PromptTooLong;

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) =>
        new ResponsesForm(ResponseKeys.IdOf(context.TraceIdentifier), request);

    /// <summary>An id that can be none wakes no grain.</summary>
    private static string PreviousOf(string owner, string id) => ResponseKeys.IsId(id)
        ? ResponseKeys.Of(owner, id)
        : throw new RequestException(ApiError.BadRequest($"Previous response with id '{id}' not found.", "previous_response_id", "previous_response_not_found"));

    private static string? ConversationIn(ResponseBody body) =>
        body.Json["conversation"] is JsonObject named ? ResponseBody.Needed(named, "id", "conversation") : body.Text("conversation");
}
