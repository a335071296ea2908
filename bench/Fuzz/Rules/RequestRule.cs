using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Errors;
using OrleansLlm.Bench.Fuzz.Corpus;
using OrleansLlm.Bench.Fuzz.Mutation;
using OrleansLlm.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Bench.Fuzz.Rules;

/// <summary>
/// A mutated request is read by a door and said in every dialect. Either somebody refuses it, naming what is wrong, or it becomes an upstream request
/// that is JSON.
/// </summary>
internal sealed class RequestRule : IRule, IDisposable
{
    /// <summary>One provider for each wire, and one whose parameters are renamed and dropped.</summary>
    private static readonly string[] Providers = ["ollama_chat", "openai", "azure", "openai/responses", "azure/responses", "anthropic", "gemini", "vertex_ai", "bedrock", "mistral"];

    /// <summary>Of a body, once it is made long in the way that costs most; enough for what is done once for each element to be seen.</summary>
    private const int HostileSize = 20_000;

    /// <summary>
    /// What one byte may cost at most, in bytes that are allocated: all dialects together take about a hundred, and what is done again for each element of a body takes as many as it
    /// has elements.
    /// </summary>
    private const int MostPerByte = 1_000;

    private readonly DoorsUnderFuzz _doors = new(FuzzCatalog.New(), TimeProvider.System);
    private readonly ServiceProvider _services = new ServiceCollection().AddProviders().BuildServiceProvider();
    private readonly Dictionary<UpstreamWire, IDialect> _dialects;

    public RequestRule() => _dialects = _services.GetServices<IDialect>().ToDictionary(d => d.Wire);

    public string Name => "requests read and said";

    public RuleCase Make(Dice dice)
    {
        var door = dice.Pick(_doors.All);
        var body = dice.OneIn(20) && HostileTo(door) is { Count: > 0 } hostile ? dice.Pick(hostile) : dice.Pick(door.Seeds);
        for (var edits = 1 + dice.Below(4); edits > 0; edits--) body = dice.OneIn(12) ? ByteEdits.Edit(dice, body) : JsonEdits.Edit(dice, body);
        return new RuleCase($"{door.Name} ({door.Path})", body, bytes => Task.FromResult(Try(door, bytes)));
    }

    /// <returns>What is wrong; null: nothing.</returns>
    public string? Try(string path, byte[] body) => Try(_doors.All.First(door => door.Path == path), body);

    public void Dispose() => _services.Dispose();

    private static List<byte[]> HostileTo(DoorUnderFuzz door) => [.. HostileSeeds.All.Values.Where(seed => seed.Path == door.Path).Select(seed => Encoding.UTF8.GetBytes(seed.Of(HostileSize)))];

    private string? Try(DoorUnderFuzz door, byte[] body)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var wrong = Read(door, body);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // A small body pays for what any request takes.
        return wrong ?? (allocated > MostPerByte * Math.Max(HostileSize, (long)body.Length) ? $"{allocated} bytes were allocated for a body of {body.Length}" : null);
    }

    private string? Read(DoorUnderFuzz door, byte[] body)
    {
        InferenceRequest request;
        try
        {
            request = _doors.Read(door, body).Request;
        }
        catch (RequestException e)
        {
            return e.Error is { Status: >= 400 and < 500, Message.Length: > 0 } ? null : $"refused with {e.Error.Status}";
        }
        catch (Exception e)
        {
            return "the door threw " + Found.Of(e);
        }

        foreach (var provider in Providers)
        {
            if (Say(provider, request) is { } wrong) return wrong;
        }

        return null;
    }

    private string? Say(string name, InferenceRequest request)
    {
        var provider = UpstreamProviders.Find(name);
        var operation = request.Kind switch { InferenceKind.Completion => UpstreamOperation.Completion, InferenceKind.Embedding => UpstreamOperation.Embedding, _ => UpstreamOperation.Chat };
        if (!provider.Operations.Contains(operation)) return null;
        var upstream = new UpstreamRequest
        {
            Operation = operation,
            Provider = name,
            ApiBase = new Uri("http://127.0.0.1:1/v1"),
            Model = "m",
            PublicModel = request.Model,
            Body = request.Body,
            CompletionId = "chatcmpl-1",
            Created = 1_700_000_000,
            Account = new UpstreamAccount { Project = "p", Location = "l", Aws = new AwsKeys("id", "secret", null) },
        };
        var report = new UpstreamReport();
        try
        {
            upstream = RequestParameters.Apply(upstream, provider, report);
            var said = _dialects[provider.Wire].Say(upstream, report);
            RequestParameters.Judge(upstream, report);
            using var sent = JsonDocument.Parse(said.Body, new JsonDocumentOptions { MaxDepth = 1000 });
            return sent.RootElement.ValueKind == JsonValueKind.Object ? null : $"{name} was sent no object";
        }
        catch (UpstreamException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // The call makes the client's fault of these.
            return e.StackTrace!.Contains(nameof(JsonDocument) + ".Parse(", StringComparison.Ordinal) && !e.StackTrace.Contains("OrleansLlm.Providers", StringComparison.Ordinal) ? $"{name} was sent what is no JSON" : null;
        }
        catch (Exception e)
        {
            return $"{name} threw " + Found.Of(e);
        }
    }
}
