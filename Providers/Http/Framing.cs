namespace OrleansLlm.Providers.Http;

/// <summary>How a body is cut into frames.</summary>
internal enum Framing
{
    /// <summary>Server-sent events; a frame is the data of one event.</summary>
    Events,

    /// <summary>One JSON object a line (NDJSON).</summary>
    Lines,

    /// <summary>The whole body is one frame.</summary>
    Whole,
}
