using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// Tells an answer as Anthropic's blocks, one after the other. OpenAI's pieces may come mixed, and a block that was closed cannot be opened
/// again: so a tool call is told as it comes, and whatever comes before its arguments are complete waits for it.
/// </summary>
/// <param name="write">An event: its name, and its JSON.</param>
/// <param name="asked">Whose tools are called.</param>
internal sealed class AnthropicBlocks(AnthropicBlocks.Event write, AskedOfClaude asked)
{
    private readonly JsonBuffer _json = new();
    private readonly Dictionary<int, OpenCall> _calls = [];
    private readonly List<OpenCall> _waiting = [];
    private readonly JoinedText _waitingText = new();
    private readonly JoinedText _waitingThought = new();
    private int _started;
    private Open _open;
    private bool _isCited;
    private OpenCall? _openCall;

    public delegate void Event(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json);

    private enum Open
    {
        Nothing,
        Text,
        Thinking,
        Call,
    }

    /// <summary>The answer calls tools.</summary>
    public bool HasCalls => _calls.Count > 0;

    /// <summary>A thought is being told.</summary>
    public bool IsThinking => _open == Open.Thinking;

    /// <param name="quoted">A JSON string.</param>
    public void Text(ReadOnlySpan<byte> quoted)
    {
        _waitingText.AddQuoted(quoted);
        if (MayClose()) TellText();
    }

    /// <param name="quoted">A JSON string.</param>
    public void Thinking(ReadOnlySpan<byte> quoted)
    {
        _waitingThought.AddQuoted(quoted);
        if (MayClose()) TellThought();
    }

    /// <param name="quoted">A JSON string.</param>
    public void Signature(ReadOnlySpan<byte> quoted)
    {
        if (!MayClose()) return;
        BeThinking();
        Delta("{\"type\":\"signature_delta\",\"signature\":"u8, quoted);
        // The next thought is another block.
        Close();
    }

    /// <summary>Where the text is from that is being told; what comes then is another block's.</summary>
    public void Citation(ReadOnlySpan<byte> citation)
    {
        if (_open != Open.Text) return;
        Delta("{\"type\":\"citations_delta\",\"citation\":"u8, citation);
        _isCited = true;
    }

    /// <summary>A block that is whole already, such as a redacted thought.</summary>
    public void Whole(ReadOnlySpan<byte> block)
    {
        if (!MayClose()) return;
        Start(Open.Nothing, block);
        Stop();
    }

    /// <summary>What Claude asks the service's own tools, or what they bring. Clients put an input together from its pieces, as they do what sums a conversation up, and read over one that comes with the begin.</summary>
    public void Own(ReadOnlySpan<byte> block)
    {
        if (!MayClose()) return;
        var (begin, delta) = OwnBlock.Split(block);
        Start(Open.Nothing, begin.Span);
        if (!delta.IsEmpty) Delta(delta.Span, []);
        Stop();
    }

    public void Call(ToolCallPiece piece)
    {
        if (!_calls.TryGetValue(piece.Index, out var call)) _calls[piece.Index] = call = new OpenCall();
        call.Id ??= piece.Id;
        call.Name ??= piece.Name;
        if (!piece.Own.IsEmpty) call.Own = piece.Own;
        if (call.Told == Progress.Closed) return;
        if (call.Told == Progress.Unknown)
        {
            call.Told = Progress.Waits;
            _waiting.Add(call);
        }

        if (!piece.Arguments.IsEmpty) call.Arguments.AddQuoted(piece.Arguments.Span);
        if (!piece.Arguments.IsEmpty) call.Extent.Add(piece.Arguments.Span[1..^1]);
        if (call == _openCall && !piece.Arguments.IsEmpty) Delta("{\"type\":\"input_json_delta\",\"partial_json\":"u8, piece.Arguments.Span);
        while (MayClose() && _waiting is [{ Name: not null } next, ..]) Begin(next);
    }

    /// <summary>Nothing more comes: what waited is told, and what is open is closed.</summary>
    public void Finish()
    {
        Close();
        while (_waiting is [var next, ..])
        {
            Begin(next);
            Close();
        }

        TellThought();
        TellText();
        Close();
    }

    private void TellText()
    {
        if (_waitingText.IsEmpty) return;
        if (_open != Open.Text || _isCited) Start(Open.Text, "{\"type\":\"text\",\"text\":\"\"}"u8);
        Delta("{\"type\":\"text_delta\",\"text\":"u8, _waitingText.Quoted);
        _waitingText.Clear();
    }

    private void TellThought()
    {
        if (_waitingThought.IsEmpty) return;
        BeThinking();
        Delta("{\"type\":\"thinking_delta\",\"thinking\":"u8, _waitingThought.Quoted);
        _waitingThought.Clear();
    }

    private bool MayClose() => _openCall is null || _openCall.Extent.IsWhole;

    private void BeThinking()
    {
        if (_open != Open.Thinking) Start(Open.Thinking, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);
    }

    private void Begin(OpenCall call)
    {
        _waiting.Remove(call);
        Close();
        var id = call.Id ?? $"toolu_{_started}";
        var start = new JsonBuffer().Begin("{\"type\":\"tool_use\",\"id\":"u8).Add(id).Add(",\"name\":"u8).Add(asked.NameOf(call.Name ?? "")).Add(",\"input\":{}"u8).Add(call.Own.Span).Add("}"u8);
        Start(Open.Call, start.Written);
        (_openCall, call.Told) = (call, Progress.Open);
        if (!call.Arguments.IsEmpty) Delta("{\"type\":\"input_json_delta\",\"partial_json\":"u8, call.Arguments.Quoted);
    }

    private void Start(Open what, ReadOnlySpan<byte> block)
    {
        Close();
        _isCited = false;
        _open = what;
        write("content_block_start"u8, _json.Begin("{\"type\":\"content_block_start\",\"index\":"u8).Add(_started++).Add(",\"content_block\":"u8).Add(block).Add("}"u8).Written);
    }

    private void Delta(ReadOnlySpan<byte> delta, ReadOnlySpan<byte> quoted) => write(
        "content_block_delta"u8,
        _json.Begin("{\"type\":\"content_block_delta\",\"index\":"u8).Add(_started - 1).Add(",\"delta\":"u8).Add(delta).Add(quoted).Add("}}"u8).Written);

    private void Close()
    {
        if (_open == Open.Nothing) return;
        if (_openCall is not null) _openCall.Told = Progress.Closed;
        (_open, _openCall) = (Open.Nothing, null);
        Stop();
    }

    private void Stop() => write(
        "content_block_stop"u8, _json.Begin("{\"type\":\"content_block_stop\",\"index\":"u8).Add(_started - 1).Add("}"u8).Written);

    private enum Progress
    {
        Unknown,
        Waits,
        Open,
        Closed,
    }

    private sealed class OpenCall
    {
        public string? Id { get; set; }

        public string? Name { get; set; }

        public ReadOnlyMemory<byte> Own { get; set; }

        public Progress Told { get; set; }

        public JoinedText Arguments { get; } = new();

        public JsonExtent Extent { get; } = new();
    }
}
