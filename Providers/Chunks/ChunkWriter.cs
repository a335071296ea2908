using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace OrleansLlm.Providers;

/// <summary>Writes the chunks of an answer that is translated. One object per answer; counts what it has shown.</summary>
internal sealed class ChunkWriter
{
    private readonly bool _isText;
    private readonly byte[] _head, _tail;
    private readonly ArrayBufferWriter<byte> _chunk = new(512);
    private readonly UpstreamRequest _request;
    private readonly HashSet<int> _begun = [];
    private long _payloadChunks, _payloadBytes;
    private (string Field, int Choice) _told;

    public ChunkWriter(UpstreamRequest request)
    {
        _request = request;
        _isText = request.Operation == UpstreamOperation.Completion;
        _head =
        [
            .. "{\"id\":"u8, .. JsonText.Quote(request.CompletionId),
            .. _isText ? ",\"object\":\"text_completion\",\"created\":"u8 : ",\"object\":\"chat.completion.chunk\",\"created\":"u8,
            .. JsonText.Number(request.Created), .. ",\"model\":"u8, .. JsonText.Quote(request.PublicModel), .. ",\"choices\":["u8,
        ];
        _tail = request.ClientWantsUsage ? [.. "],\"usage\":null}"u8] : [.. "]}"u8];
    }

    /// <summary>By what has been shown so far.</summary>
    public UpstreamUsage Estimate => UsageEstimate.From(_request, _payloadChunks, _payloadBytes);

    /// <summary>The chunk with the role, once for each choice.</summary>
    /// <param name="more">Further members of the choice, with a comma before the first.</param>
    public void Role(List<UpstreamChunk> chunks, int choice = 0, ReadOnlySpan<byte> more = default)
    {
        if (_isText || !_begun.Add(choice)) return;
        Open(choice).Write("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"u8);
        chunks.Add(Close(null, 0, more: more));
    }

    /// <summary>Starts a chunk; what is written next is members of its delta (of its choice, for a text completion).</summary>
    public IBufferWriter<byte> Open(int choice = 0)
    {
        _told = default;
        _chunk.ResetWrittenCount();
        _chunk.Write(_head);
        _chunk.Write("{\"index\":"u8);
        Number(choice);
        _chunk.Write(","u8);
        if (!_isText) _chunk.Write("\"delta\":{"u8);
        return _chunk;
    }

    /// <param name="payload">Bytes of the answer in it; zero: none.</param>
    /// <param name="logprobs">Writes the value of "logprobs"; null: there are none.</param>
    /// <param name="more">Further members of the choice, with a comma before the first.</param>
    public UpstreamChunk Close(string? reason, int payload, Action<IBufferWriter<byte>>? logprobs = null, ReadOnlySpan<byte> more = default)
    {
        _chunk.Write(_isText ? ",\"logprobs\":"u8 : "},\"logprobs\":"u8);
        if (logprobs is null) _chunk.Write("null"u8);
        else logprobs(_chunk);
        _chunk.Write(",\"finish_reason\":"u8);
        if (reason is null) _chunk.Write("null"u8);
        else Raw($"\"{reason}\"");
        _chunk.Write(more);
        _chunk.Write("}"u8);
        _chunk.Write(_tail);
        if (payload > 0) _payloadChunks++;
        _payloadBytes += payload;
        return new(_chunk.WrittenSpan.ToArray(), payload > 0 ? ChunkKind.Payload : ChunkKind.None, reason);
    }

    /// <summary>A piece of one text field: <c>content</c>, <c>reasoning_content</c>, <c>refusal</c>; <c>text</c> of a text completion.</summary>
    /// <param name="literal">A JSON string with its quotes, copied with its escapes.</param>
    public void Text(List<UpstreamChunk> chunks, string field, ReadOnlySpan<byte> literal, int choice = 0)
    {
        if (literal.Length <= 2) return;
        var goesOn = _told == (field, choice);
        Open(choice);
        _chunk.Write("\""u8);
        Raw(field);
        _chunk.Write("\":"u8);
        _chunk.Write(literal);
        var at = _chunk.WrittenCount - literal.Length + 1;
        var chunk = Close(null, literal.Length - 2);
        chunks.Add(goesOn && field is "content" or "text" ? chunk with { MoreText = chunk.Json.Slice(at, literal.Length - 2), Choice = choice } : chunk);
        _told = (field, choice);
    }

    /// <summary>Where words that have been told are from.</summary>
    /// <param name="annotation">As <see cref="Citations"/> makes it.</param>
    public void Annotation(List<UpstreamChunk> chunks, ReadOnlySpan<byte> annotation, int choice = 0)
    {
        Open(choice);
        _chunk.Write("\"annotations\":["u8);
        _chunk.Write(annotation);
        _chunk.Write("]"u8);
        chunks.Add(Close(null, 0));
    }

    /// <summary>The begin of a tool call.</summary>
    /// <param name="arguments">As far as they are known; usually nothing.</param>
    /// <param name="more">Further members of the call, with a comma before the first.</param>
    public void Call(List<UpstreamChunk> chunks, int index, string id, string name, string arguments, string more = "", int choice = 0)
    {
        Open(choice);
        _chunk.Write("\"tool_calls\":[{\"index\":"u8);
        Number(index);
        _chunk.Write(",\"id\":"u8);
        _chunk.Write(JsonText.Quote(id));
        _chunk.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
        _chunk.Write(JsonText.Quote(name));
        _chunk.Write(",\"arguments\":"u8);
        _chunk.Write(JsonText.Quote(arguments));
        _chunk.Write("}"u8);
        Raw(more);
        _chunk.Write("}]"u8);
        chunks.Add(Close(null, name.Length + arguments.Length));
    }

    /// <summary>A piece of a tool call's arguments.</summary>
    public void Arguments(List<UpstreamChunk> chunks, int index, ReadOnlySpan<byte> literal, int choice = 0)
    {
        if (literal.Length <= 2) return;
        Open(choice);
        _chunk.Write("\"tool_calls\":[{\"index\":"u8);
        Number(index);
        _chunk.Write(",\"function\":{\"arguments\":"u8);
        _chunk.Write(literal);
        _chunk.Write("}}]"u8);
        chunks.Add(Close(null, literal.Length - 2));
    }

    /// <summary>The begin of a call of a custom tool, which takes free text.</summary>
    public void CustomCall(List<UpstreamChunk> chunks, int index, string id, string name)
    {
        Open();
        _chunk.Write("\"tool_calls\":[{\"index\":"u8);
        Number(index);
        _chunk.Write(",\"id\":"u8);
        _chunk.Write(JsonText.Quote(id));
        _chunk.Write(",\"type\":\"custom\",\"custom\":{\"name\":"u8);
        _chunk.Write(JsonText.Quote(name));
        _chunk.Write(",\"input\":\"\"}}]"u8);
        chunks.Add(Close(null, name.Length));
    }

    /// <summary>A piece of a custom tool's input.</summary>
    public void Input(List<UpstreamChunk> chunks, int index, ReadOnlySpan<byte> literal)
    {
        Open();
        _chunk.Write("\"tool_calls\":[{\"index\":"u8);
        Number(index);
        _chunk.Write(",\"custom\":{\"input\":"u8);
        _chunk.Write(literal);
        _chunk.Write("}}]"u8);
        chunks.Add(Close(null, literal.Length - 2));
    }

    /// <param name="more">Further members of the choice, with a comma before the first.</param>
    public void Finish(List<UpstreamChunk> chunks, string reason, int choice = 0, ReadOnlySpan<byte> more = default)
    {
        Open(choice);
        if (_isText) _chunk.Write("\"text\":\"\""u8);
        chunks.Add(Close(reason, 0, more: more));
    }

    /// <summary>The usage chunk, if the client wants it.</summary>
    /// <param name="details">Further members of the usage, with a comma before the first.</param>
    public void Usage(List<UpstreamChunk> chunks, UpstreamUsage usage, string details = "")
    {
        if (!_request.ClientWantsUsage) return;
        _chunk.ResetWrittenCount();
        _chunk.Write(_head);
        Raw(string.Create(CultureInfo.InvariantCulture,
            $$$"""],"usage":{"prompt_tokens":{{{usage.Prompt}}},"completion_tokens":{{{usage.Completion}}},"total_tokens":{{{usage.Total}}}{{{details}}}}}"""));
        chunks.Add(new(_chunk.WrittenSpan.ToArray(), ChunkKind.UsageOnly, null));
    }

    private void Number(int number)
    {
        Utf8Formatter.TryFormat(number, _chunk.GetSpan(11), out var length);
        _chunk.Advance(length);
    }

    private void Raw(string text) => Encoding.UTF8.GetBytes(text, _chunk);
}
