using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Micro;

/// <summary>A chunk as a server-sent event, into a pipe that goes nowhere.</summary>
public class EventWrite
{
    private static readonly byte[] Chunk =
        """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}"""u8.ToArray();

    private AnswerPipe _pipe = null!;

    [GlobalSetup]
    public void Setup()
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        _pipe = new AnswerPipe(context, TimeProvider.System, TimeSpan.FromSeconds(20));
    }

    [Benchmark]
    public ValueTask WriteAndFlush()
    {
        _pipe.WriteEvent(Chunk);
        return _pipe.FlushAsync();
    }
}
