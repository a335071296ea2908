using System.Buffers;

namespace OrleansLlm.Telemetry;

/// <summary>What this process has measured, in the words of Prometheus.</summary>
public interface IMetricsText
{
    /// <summary>The text format's media type.</summary>
    const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    void Write(IBufferWriter<byte> output);
}
