using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Anthropic;

/// <summary><c>POST /v1/messages</c>: whatever backend serves, an Anthropic client can talk to it.</summary>
internal sealed class MessagesDoor(ICatalog catalog, TimeProvider time) : IDoor
{
    public InferenceKind Kind => InferenceKind.Chat;

    public bool TellsThoughts => true;

    public bool MayResume => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body) => Read(context, body, isAsked: true);

    /// <param name="isAsked">Somebody is asked: nobody stands in for a count.</param>
    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body, bool isAsked)
    {
        context.Response.Headers[AnthropicHeaders.RequestId] = context.TraceIdentifier;
        using var document = ChatScanner.Parse(body);
        var root = document.RootElement;
        AnthropicThreads.Refuse(root);
        var model = Json.Text(root, "model", "");
        var dropped = new List<string>();
        var facts = new ModelFacts(model is null ? null : catalog.Current.FindGroup(model));
        var betas = AnthropicBetas.Read(context.Request.Headers, dropped);
        var mayFallBack = AnthropicFallbacks.AreAllowed(root, Identity.Of(context).Rights, catalog.Current);
        var translated = AnthropicToOpenAi.Translate(root, facts, dropped, betas, mayFallBack);
        context.Features.Set(AskedOfClaude.In(root));
        var fields = ChatScanner.Scan(translated.Span, FieldTable.Chat, isTranslated: true);
        return new DoorRequest(translated, fields)
        {
            AnthropicFallbacks = mayFallBack && facts.IsAnthropic ? AnthropicFallbacks.Of(root, betas) : default,
            Dropped = dropped, AnthropicBeta = betas, SpeaksAnthropic = facts.IsAnthropic, Plain = isAsked && facts.IsClaudeAnywhere ? Plain(root, model!, facts, fields, betas) : default,
        };
    }

    /// <summary>For those who may stand in and do not know what the model knows: OpenAI refuses a request with a word of anybody else's. Empty: there is nobody.</summary>
    private ReadOnlyMemory<byte> Plain(JsonElement body, string model, ModelFacts facts, ChatFields fields, string? betas)
    {
        var current = catalog.Current;
        var others = current.Routing.StandInsFor(model, fields.Fallbacks, fields.DisableFallbacks, fields.MaxFallbacks)
            .SelectMany(name => current.FindGroup(name)?.Deployments ?? [])
            .Where(d => !d.Understands(facts.IsAnthropic))
            .ToImmutableArray();
        if (others.IsEmpty) return default;
        try
        {
            return AnthropicToOpenAi.Translate(body, new ModelFacts(new ModelGroup(model, others), areStandIns: true), [], betas);
        }
        catch (RequestException)
        {
            // It has to have what only Claude has: who stands in for it refuses the rest.
            return default;
        }
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) =>
        new AnthropicForm(context, request, context.Features.Get<AskedOfClaude>() ?? AskedOfClaude.Nothing, time);
}
