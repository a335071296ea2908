using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Anthropic;

/// <summary><c>POST /v1/messages</c>: whatever backend serves, an Anthropic client can talk to it.</summary>
internal sealed class MessagesDoor(ICatalog catalog, TimeProvider time) : IDoor
{
    public InferenceKind Kind => InferenceKind.Chat;

    public bool TellsThoughts => true;

    public bool MayResume => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.Headers[AnthropicHeaders.RequestId] = context.TraceIdentifier;
        using var document = ChatScanner.Parse(body);
        var root = document.RootElement;
        AnthropicThreads.Refuse(root);
        var model = Json.Text(root, "model", "");
        var dropped = new List<string>();
        var facts = new ModelFacts(model is null ? null : catalog.Current.FindGroup(model));
        var translated = AnthropicToOpenAi.Translate(root, facts, dropped);
        context.Features.Set(new Stops(StopsOf(root)));
        var betas = AnthropicBetas.Read(context.Request.Headers, dropped);
        return new DoorRequest(translated, ChatScanner.Scan(translated.Span)) { Dropped = dropped, AnthropicBeta = betas, SpeaksAnthropic = facts.IsAnthropic };
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) =>
        new AnthropicForm(context, request, context.Features.Get<Stops>()?.Sequences ?? [], time);

    private static ImmutableArray<string> StopsOf(JsonElement body) =>
        Json.Array(body, "stop_sequences", "") is { } stops ? [.. stops.EnumerateArray().Where(s => s.ValueKind == JsonValueKind.String).Select(s => s.GetString()!)] : [];

    /// <summary>What the answer has to be told of the request.</summary>
    private sealed record Stops(ImmutableArray<string> Sequences);
}
