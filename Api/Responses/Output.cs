using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Responses;

/// <summary>What is told as an answer's items grow. All of them in the order of <see cref="ResponseEvents"/>'s wire.</summary>
internal interface IOutputListener
{
    void Opened(OutputItem item);

    void Opened(OutputItem item, OutputPart part);

    void Grew(OutputItem item, OutputPart part, string delta);

    void Grew(OutputItem call, string arguments);

    /// <summary>The part has one more.</summary>
    void Annotated(OutputItem item, OutputPart part, byte[] annotation);

    void Closed(OutputItem item, OutputPart part);

    void Closed(OutputItem item);
}

/// <summary>
/// The items of one answer, built of OpenAI's chunks or of a whole completion: thoughts, messages with text and refusal, calls of tools. The same
/// answer makes the same items with the same ids, however it was cut into chunks.
/// </summary>
internal sealed class Output(ResponseHead head, IOutputListener? listener = null)
{
    /// <summary>Of one text.</summary>
    private const int MostAnnotations = 1000;

    private readonly Dictionary<int, OutputItem> _calls = [];
    private readonly HashSet<ToolName> _found = [];
    private OutputItem? _open;
    private OutputItem? _lastCall;
    private string? _finishReason;
    private long _characters;

    public List<OutputItem> Items { get; } = [];

    public ResponseUsage? Usage { get; private set; }

    /// <summary>A summary was asked for, and there is none.</summary>
    public bool LacksSummary => head.Compaction is not null && Items.Count == 0;

    /// <summary>Null: the answer is whole.</summary>
    public string? IncompleteReason => _finishReason switch
    {
        "length" => "max_output_tokens",
        "content_filter" => "content_filter",
        _ => null,
    };

    /// <summary>Of an answer that has come to its end.</summary>
    public string Status => IncompleteReason is null ? "completed" : "incomplete";

    /// <param name="json">A <c>chat.completion.chunk</c>, or a whole <c>chat.completion</c>.</param>
    public void Add(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, NestedJson.Reader);
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object) Usage = ResponseUsage.Of(usage);
        if (!root.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array) return;
        foreach (var choice in choices.EnumerateArray())
        {
            if (choice.TryGetProperty("delta", out var delta)) AddDelta(delta, isWhole: false);
            else if (choice.TryGetProperty("message", out delta)) AddDelta(delta, isWhole: true);
            if (JsonTexts.Of(choice, "finish_reason") is { } reason) _finishReason = reason;
        }
    }

    /// <summary>No more comes.</summary>
    /// <param name="completed">Null: it broke off.</param>
    public void End(InferenceCompleted? completed)
    {
        if (completed is not null) Usage ??= new ResponseUsage(completed.PromptTokens, 0, 0, completed.CompletionTokens, 0);
        var status = completed is null ? "incomplete" : Status;
        if (_open is not null) Close(_open, status);
        _open = null;
        foreach (var call in _calls.Values.OrderBy(c => c.Index)) Close(call, status);
        _calls.Clear();
    }

    private void AddDelta(JsonElement delta, bool isWhole)
    {
        if (delta.ValueKind != JsonValueKind.Object) return;
        if (head.Compaction is not null)
        {
            AddSummary(JsonTexts.OfContent(delta));
            return;
        }

        if (ThoughtIn(delta) is { Length: > 0 } thought) AddText(ItemKind.Reasoning, head.WantsSummary ? PartType.Summary : PartType.Reasoning, thought);
        if (delta.TryGetProperty(SignedThoughts.Field, out var blocks) && blocks.ValueKind == JsonValueKind.Array) AddSigned(blocks);
        if (JsonTexts.OfContent(delta) is { Length: > 0 } text) AddText(ItemKind.Message, PartType.Text, text);
        if (delta.TryGetProperty("annotations", out var sources) && sources.ValueKind == JsonValueKind.Array) AddSources(sources);
        if (JsonTexts.Of(delta, "refusal") is { Length: > 0 } refusal) AddText(ItemKind.Message, PartType.Refusal, refusal);
        if (!delta.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array) return;
        foreach (var call in calls.EnumerateArray())
        {
            if (call.ValueKind == JsonValueKind.Object) AddCall(call, isWhole);
        }
    }

    /// <summary>Told when it is whole.</summary>
    private void AddSummary(string? text)
    {
        if (text is not { Length: > 0 }) return;
        _open ??= Open(new OutputItem(ItemKind.Compaction, NewId(ItemKind.Compaction), Items.Count));
        _open.Summary.Add(text);
    }

    /// <summary>One field by one of the names that backends know it by; some send both, and one of them empty.</summary>
    private static string? ThoughtIn(JsonElement delta) => JsonTexts.Of(delta, "reasoning_content") is { Length: > 0 } thought ? thought : JsonTexts.Of(delta, "reasoning");

    private void AddSigned(JsonElement blocks)
    {
        foreach (var block in blocks.EnumerateArray().Where(b => b.ValueKind == JsonValueKind.Object)) OpenOf(ItemKind.Reasoning).Signed.Add(block.GetRawText());
    }

    /// <summary>Of the text that is told; where that is over they are late.</summary>
    private void AddSources(JsonElement sources)
    {
        if (_open is not { Kind: ItemKind.Message, Parts: [.., { Type: PartType.Text } part] }) return;
        foreach (var source in sources.EnumerateArray())
        {
            if (part.Annotations.Count >= MostAnnotations || UrlCitation.Of(source, part.Begin) is not { } annotation) continue;
            part.Annotations.Add(annotation);
            listener?.Annotated(_open, part, annotation);
        }
    }

    private OutputItem OpenOf(ItemKind kind)
    {
        if (_open?.Kind == kind) return _open;
        CloseOpen();
        return _open = Open(new OutputItem(kind, NewId(kind), Items.Count));
    }

    private void AddText(ItemKind kind, PartType type, string text)
    {
        var item = OpenOf(kind);
        var part = item.Parts.Count > 0 ? item.Parts[^1] : null;
        if (part?.Type != type)
        {
            if (part is not null) Close(item, part);
            part = new OutputPart(type, item.Parts.Count) { Begin = _characters };
            listener?.Opened(item, part);
            item.Parts.Add(part);
        }

        var told = part.Text.Add(text);
        if (type == PartType.Text) _characters += UrlCitation.Characters(told);
        Tell(item, part, told);
    }

    /// <param name="isWhole">It is a call of its own, not a piece of one.</param>
    private void AddCall(JsonElement json, bool isWhole)
    {
        var function = json.TryGetProperty("function", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        var id = JsonTexts.Of(json, "id");
        var number = json.TryGetProperty("index", out var index) && index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var i) ? i : (int?)null;
        var call = isWhole ? null : Find(number, id);
        if (call is null)
        {
            CloseOpen();
            var name = JsonTexts.Of(function, "name") ?? "";
            var tool = head.Tools.GetValueOrDefault(name) ?? new ToolName(name, null, ItemKind.FunctionCall);
            if (tool.ToBeFound is { } found && _found.Add(tool)) TellSearch(tool, found);
            call = new OutputItem(tool.Kind, NewId(tool.Kind), Items.Count) { Name = tool.Name, Namespace = tool.Namespace, CallId = string.IsNullOrEmpty(id) ? ItemIds.Of("call", head.Id, _calls.Count) : id };
            _calls[isWhole || number is null ? NextNumber() : number.Value] = Open(call);
        }

        _lastCall = call;
        if (JsonTexts.OfArguments(function) is not { Length: > 0 } arguments) return;
        Tell(call, call.Arguments.Add(arguments));
    }

    /// <summary>What a service would have told, which searches before it calls.</summary>
    private void TellSearch(ToolName tool, string found)
    {
        foreach (var kind in (ReadOnlySpan<ItemKind>)[ItemKind.SearchCall, ItemKind.FoundTool])
        {
            Close(Open(new OutputItem(kind, NewId(kind), Items.Count) { Name = tool.Name, Namespace = tool.Namespace, Found = found }), "completed");
        }
    }

    private void Tell(OutputItem item, OutputPart part, string delta)
    {
        if (delta.Length > 0) listener?.Grew(item, part, delta);
    }

    private void Tell(OutputItem call, string arguments)
    {
        if (arguments.Length > 0 && call.Kind == ItemKind.FunctionCall) listener?.Grew(call, arguments);
    }

    /// <summary>The call that the piece belongs to; some backends number their calls, some name them in each piece, some do neither.</summary>
    private OutputItem? Find(int? number, string? id)
    {
        if (number is { } known) return _calls.GetValueOrDefault(known);
        return string.IsNullOrEmpty(id) ? _lastCall : _calls.Values.FirstOrDefault(c => c.CallId == id);
    }

    private int NextNumber() => _calls.Count == 0 ? 0 : _calls.Keys.Max() + 1;

    private OutputItem Open(OutputItem item)
    {
        listener?.Opened(item);
        Items.Add(item);
        return item;
    }

    private void CloseOpen()
    {
        if (_open is not null) Close(_open, "completed");
        _open = null;
    }

    private void Close(OutputItem item, string status)
    {
        if (item.Parts.Count > 0) Close(item, item.Parts[^1]);
        Tell(item, item.Arguments.End());
        item.Summary.End();
        item.Status = status;
        listener?.Closed(item);
    }

    private void Close(OutputItem item, OutputPart part)
    {
        Tell(item, part, part.Text.End());
        listener?.Closed(item, part);
    }

    /// <summary>Numbered by their kind: a whole completion has the same texts and calls as its stream, and not their order.</summary>
    private string NewId(ItemKind kind) => ItemIds.Of(
        kind switch
        {
            ItemKind.Message => "msg",
            ItemKind.Reasoning => "rs",
            ItemKind.FunctionCall => "fc",
            ItemKind.SearchCall => "tsc",
            ItemKind.Compaction => "cmp",
            ItemKind.FoundTool => "tso",
            _ => "ctc",
        },
        head.Id, Items.Count(item => item.Kind == kind));
}
