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

    /// <summary>AWS's event stream (<c>application/vnd.amazon.eventstream</c>); a frame is one message with its checksums, which are right.</summary>
    Messages,
}
