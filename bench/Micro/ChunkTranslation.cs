using BenchmarkDotNet.Attributes;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Ollama;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Micro;

/// <summary>A token from the upstream's frame to the chunk that the client is sent.</summary>
public class ChunkTranslation
{
    private static readonly byte[] Line = """{"model":"m","created_at":"2026-11-21T12:00:00.000000001Z","message":{"role":"assistant","content":" token"},"done":false}"""u8.ToArray();

    private static readonly byte[] Event =
        """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}"""u8.ToArray();

    private readonly List<UpstreamChunk> _chunks = [];
    private readonly OllamaToOpenAi _ollama = new(Request("ollama"), new UpstreamReport());
    private readonly OpenAiAnswer _openAi = new(Request("openai"), new UpstreamReport());

    [Benchmark]
    public int Ollama()
    {
        _chunks.Clear();
        _ollama.Read(Line, _chunks);
        return _chunks.Count;
    }

    [Benchmark]
    public int OpenAi()
    {
        _chunks.Clear();
        _openAi.Read(Event, _chunks);
        return _chunks.Count;
    }

    private static UpstreamRequest Request(string provider) => new() { Provider = provider, Model = "m", PublicModel = "m", Body = "{}"u8.ToArray(), CompletionId = "chatcmpl-1", Created = 1_790_000_000 };
}
