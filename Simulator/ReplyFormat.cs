using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>What an inference cost, for the end of the reply.</summary>
internal readonly record struct Cost(int PromptTokens, int AnswerTokens, TimeSpan Total, TimeSpan Load, TimeSpan PromptEval, TimeSpan Eval);

/// <summary>How one API writes an answer. One object per request.</summary>
internal abstract class ReplyFormat(Ask ask)
{
    protected Ask Ask => ask;

    /// <summary>Content type of a stream.</summary>
    public abstract string StreamType { get; }

    public abstract void Begin(ReplyWriter to);

    public abstract void Thought(ReplyWriter to, ReadOnlySpan<char> token);

    public abstract void Token(ReplyWriter to, ReadOnlySpan<char> token);

    public abstract void Call(ReplyWriter to, int index, string name, string arguments);

    /// <summary>Finish reason and usage; a fault may leave either out.</summary>
    public abstract void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault);

    /// <summary>The whole answer as one JSON object.</summary>
    public abstract void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault);

    public abstract void ErrorEvent(ReplyWriter to, string message);

    /// <summary>Bytes where a chunk should be, framed so that the reader takes them for one.</summary>
    public abstract void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true);

    public abstract Task WriteErrorAsync(HttpContext http, RefusedException refused);

    protected static Utf8JsonWriter Json(ReplyWriter to) => new(to, ReplyWriter.JsonOptions);
}
