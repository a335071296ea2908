using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansLlm.Simulator;

/// <summary>A misbehaviour to show. "After k tokens" kinds use <see cref="Fault.AfterTokens"/>.</summary>
public enum FaultKind
{
    /// <summary>Answer with <see cref="Fault.Status"/>, <see cref="Fault.Headers"/> and <see cref="Fault.Body"/>.</summary>
    Status,

    /// <summary>Answer 200 with <see cref="Fault.Body"/> as it stands, as <see cref="Fault.ContentType"/> (default: the endpoint's
    /// streaming type).</summary>
    Raw,

    /// <summary>Start the inference and never send a byte.</summary>
    Hang,

    /// <summary>Send k tokens, then nothing more, the connection left open.</summary>
    Stall,

    /// <summary>TCP reset instead of an answer.</summary>
    ResetBeforeHeaders,

    /// <summary>TCP reset after k tokens.</summary>
    ResetMidStream,

    /// <summary>The connection ends (FIN) after k tokens, inside the chunked body.</summary>
    CloseMidStream,

    /// <summary>The body ends properly after k tokens, but without finish reason, done line or [DONE].</summary>
    Truncate,

    /// <summary>Bytes that are no UTF-8 where the next chunk should be.</summary>
    Garbage,

    /// <summary>Half a JSON object where the next chunk should be.</summary>
    GarbledJson,

    /// <summary>A line that never ends.</summary>
    EndlessLine,

    /// <summary>200 with an HTML page.</summary>
    WrongContentType,

    /// <summary>An error event (<c>data: {"error":…}</c>, or Ollama's <c>{"error":"…"}</c> line) after k tokens.</summary>
    ErrorEvent,

    /// <summary>A whole answer, then the connection is closed although keep-alive was promised, as llama-server does.</summary>
    CloseAfterReply,

    /// <summary>A request on a connection that has served one before is met by closing it. Waits in the list for such a request.</summary>
    CloseReusedConnection,

    /// <summary>The load of the model takes <see cref="Fault.DelayMs"/> more; the model is unloaded first.</summary>
    SlowLoad,

    /// <summary>One plain JSON answer to a request for a stream.</summary>
    PlainJson,

    /// <summary>The body in pieces of <see cref="Fault.Pieces"/> bytes (repeated; default 1), each flushed.</summary>
    Pieces,

    /// <summary>The body cut in the middle of every character that has more than one byte.</summary>
    SplitUtf8,

    /// <summary>No [DONE] at the end.</summary>
    MissingDone,

    /// <summary>No chunk with a finish reason (Ollama: no done line).</summary>
    MissingFinishReason,

    /// <summary>No usage, though asked for.</summary>
    OmitUsage,
}

/// <summary>One entry of the fault list. A request takes the first entry that fits it and uses it up once.</summary>
public sealed record Fault
{
    public required FaultKind Kind { get; set; }

    /// <summary>How many requests it hits. Default 1.</summary>
    public int Count { get; set; } = 1;

    /// <summary>The only path it hits, e.g. /api/tags. Default: every path that runs inferences.</summary>
    public string? Path { get; set; }

    /// <summary>Tokens sent before it shows; −1 is before anything at all (no role chunk either). Default 0.</summary>
    public int AfterTokens { get; set; }

    public int Status { get; set; } = 500;

    public IReadOnlyDictionary<string, string>? Headers { get; set; }

    public string? Body { get; set; }

    public string? ContentType { get; set; }

    /// <summary>Text of an error event.</summary>
    public string Message { get; set; } = "simulated failure";

    public int DelayMs { get; set; }

    public IReadOnlyList<int>? Pieces { get; set; }
}

/// <summary>JSON of the control endpoints: camelCase, kinds by name.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(List<Fault>))]
[JsonSerializable(typeof(SimulatorSnapshot))]
internal sealed partial class ControlJson : JsonSerializerContext;
