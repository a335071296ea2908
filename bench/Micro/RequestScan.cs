using System.Text;
using BenchmarkDotNet.Attributes;
using OrleansLlm.Api.Chat;

namespace OrleansLlm.Micro;

/// <summary>The one pass over the body of a chat completion.</summary>
public class RequestScan
{
    private byte[] _body = [];

    /// <summary>Bytes of the prompt.</summary>
    [Params(100, 10_000, 100_000)]
    public int Prompt { get; set; }

    [GlobalSetup]
    public void Setup() => _body = Encoding.UTF8.GetBytes(
        $$"""{"model":"m","stream":true,"temperature":0.7,"max_tokens":256,"user":"ada","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"{{new string('x', Prompt)}}"}]}""");

    [Benchmark]
    public string? Scan() => ChatScanner.Scan(_body).Model;
}
