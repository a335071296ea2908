using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>Services that speak OpenAI themselves: forwarded, not translated.</summary>
internal sealed class OpenAiDialect : IDialect
{
    /// <summary>Where each base that is configured is asked for a chat: joining the two took a hundredth of a request.</summary>
    private static readonly ConditionalWeakTable<Uri, Uri> Chats = [];

    public UpstreamWire Wire => UpstreamWire.OpenAi;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report) => Say(request, AddressOf(request));

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => Listen(contentType, request, report);

    public static string Path(UpstreamOperation operation) => operation switch
    {
        UpstreamOperation.Completion => "completions",
        UpstreamOperation.Embedding => "embeddings",
        _ => "chat/completions",
    };

    public static OutgoingRequest Say(UpstreamRequest request, Uri address) => new(
        address, OpenAiRewrite.Rewrite(request),
        request.Operation == UpstreamOperation.Embedding || request.Form == StreamForm.Whole ? "application/json" : "text/event-stream");

    public static IAnswer? Listen(string contentType, UpstreamRequest request, UpstreamReport report) => contentType switch
    {
        "application/json" or "" or "text/plain" or "application/octet-stream" when request.Operation == UpstreamOperation.Embedding =>
            new EmbeddingAnswer(request, report, Vectors),
        _ when request.Operation == UpstreamOperation.Embedding => null,
        // Proxies lose the type or call it text; both are sent for real streams.
        "text/event-stream" or "" or "text/plain" or "application/octet-stream" => new OpenAiAnswer(request, report),
        "application/json" => new WholeCompletion(new OpenAiAnswer(request, report), request),
        _ => null,
    };

    private static Uri AddressOf(UpstreamRequest request) => request.Operation == UpstreamOperation.Chat
        ? Chats.GetValue(request.ApiBase!, static apiBase => Addresses.Under(apiBase, Path(UpstreamOperation.Chat)))
        : Addresses.Under(request.ApiBase!, Path(request.Operation));

    private static (List<JsonElement>, long?) Vectors(JsonElement root)
    {
        // In the order of their indexes, which is usually that in the list.
        var entries = root.GetProperty("data").EnumerateArray()
            .Select((entry, at) => (At: entry.TryGetProperty("index", out var index) ? index.GetInt32() : at, Vector: entry.GetProperty("embedding")))
            .OrderBy(entry => entry.At);
        // Voyage tells only the total, which is the prompt's.
        var tokens = root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            ? ToldUsage.Number(usage, "prompt_tokens") ?? ToldUsage.Number(usage, "total_tokens") : null;
        return ([.. entries.Select(entry => entry.Vector)], tokens);
    }
}
