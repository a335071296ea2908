using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Completions;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Embeddings;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Ollama;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Responses;
using OrleansLlm.Bench.Fuzz.Corpus;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Bench.Fuzz.Rules;

/// <summary>The doors, each with the bodies that are mutated for it.</summary>
internal sealed class DoorsUnderFuzz
{
    private readonly InferenceRequests _requests;

    public DoorsUnderFuzz(ICatalog catalog, TimeProvider time)
    {
        _requests = new InferenceRequests(catalog, time);
        var messages = new MessagesDoor(catalog, time);
        All =
        [
            new("chat", _ => new ChatDoor(), "/v1/chat/completions"),
            new("completions", _ => new CompletionDoor(), "/v1/completions"),
            new("embeddings", _ => new EmbeddingDoor(), "/v1/embeddings"),
            new("messages", _ => messages, "/v1/messages"),
            new("count tokens", _ => new CountTokensDoor(messages), "/v1/messages/count_tokens"),
            new("ollama chat", _ => new OllamaChatDoor(catalog, time), "/api/chat"),
            new("ollama generate", _ => new OllamaGenerateDoor(catalog, time), "/api/generate"),
            new("ollama embed", _ => new OllamaEmbedDoor(catalog, time, isOld: false), "/api/embed"),
            new("ollama embeddings", _ => new OllamaEmbedDoor(catalog, time, isOld: true), "/api/embeddings"),
            new("responses", body => new ResponsesDoor(catalog, ResponseBody.Parse(body), new Dictionary<string, System.Text.Json.Nodes.JsonObject>()), "/v1/responses"),
        ];
    }

    public IReadOnlyList<DoorUnderFuzz> All { get; }

    /// <summary>The seeds of a door that it does not refuse.</summary>
    public IReadOnlyList<byte[]> ServedBy(DoorUnderFuzz under) => [.. under.Seeds.Where(s => IsServed(under, s))];

    private bool IsServed(DoorUnderFuzz under, byte[] body)
    {
        try
        {
            return Read(under, body).Asked.Reply is null;
        }
        catch (RequestException)
        {
            return false;
        }
    }

    /// <summary>As the endpoints do it. Whatever a client can send wrong is a <see cref="RequestException"/>.</summary>
    public (IDoor Door, DoorRequest Asked, InferenceRequest Request, HttpContext Context) Read(DoorUnderFuzz under, byte[] body)
    {
        var text = RequestBody.Checked(body);
        var context = new DefaultHttpContext { TraceIdentifier = "req-0123456789abcdef0123456789abcdef" };
        context.Request.Method = "POST";
        context.Request.Path = under.Path;
        context.Response.Body = new MemoryStream();
        var door = under.Make(text);
        var asked = door.Read(context, text);
        return (door, asked, _requests.For(context, door, asked), context);
    }
}

internal sealed record DoorUnderFuzz(string Name, Func<ReadOnlyMemory<byte>, IDoor> Make, string Path)
{
    public byte[][] Seeds { get; } = [.. RequestSeeds.For(Path).Select(b => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("<response>", "resp_0123456789abcdef0123456789abcdef", StringComparison.Ordinal)))];
}
