using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// Forwards the chunks of a service that speaks OpenAI: each is scanned once and copied once, with <c>model</c> spliced and otherwise
/// only what a strict client would stumble over. What real services deviate in is written beside each repair.
/// </summary>
internal sealed class OpenAiAnswer(UpstreamRequest request, UpstreamReport report) : IAnswer, IReporting
{
    private static readonly byte[] TextObject = "\"text_completion\""u8.ToArray();
    private static readonly byte[] ChatObject = "\"chat.completion.chunk\""u8.ToArray();
    private static readonly byte[] NoChoices = "[]"u8.ToArray();
    private static readonly byte[] NoUsage = "null"u8.ToArray();

    private readonly bool _isText = request.Operation == UpstreamOperation.Completion;
    private readonly byte[] _object = request.Operation == UpstreamOperation.Completion ? TextObject : ChatObject;

    private readonly Splices _splices = new();
    private readonly RepeatedChunk _repeated = new();
    private readonly ChoiceScan _choices = new(request);
    private readonly byte[] _model = JsonText.Quote(request.PublicModel);
    private byte[]? _id, _created, _usage;
    private byte[]? _forcedId, _forcedCreated;
    private bool _any, _done, _usageSent;
    private long _payloadChunks, _payloadBytes;

    public Framing Framing => Framing.Events;

    public bool IsComplete => _done;

    public bool CanEnd => _choices.AllFinished;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        frame = frame.Trim(" \t\r\n"u8);
        if (frame.IsEmpty) return;
        if (frame.SequenceEqual("[DONE]"u8))
        {
            _done = true;
            return;
        }

        if (_repeated.TryRead(frame, out var json, out var text))
        {
            Count(text.End.Value - text.Start.Value);
            chunks.Add(new(json, ChunkKind.Payload, null) { MoreText = _repeated.IsContent ? json.AsMemory(text) : default, Choice = _repeated.Choice });
            return;
        }

        if (!Utf8.IsValid(frame) || JsonText.HasHalfName(frame)) throw Garbled();
        try
        {
            // The client's framing is by lines as well: what came on several has to go on in one.
            Scan(frame.ContainsAny((byte)'\n', (byte)'\r') ? JsonText.OnOneLine(frame) : frame, chunks);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        // [DONE] without a finish reason is still an end (seen with small servers); silence is not.
        if (!_choices.AnySeen || (!_done && !_choices.AllFinished))
            throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without a finish reason.");
        foreach (var (index, reason) in _choices.Unfinished())
            chunks.Add(new(Chunk($$$"""[{"index":{{{index}}},{{{(_isText ? "\"text\":\"\"" : "\"delta\":{}")}}},"logprobs":null,"finish_reason":"{{{reason}}}"}]""", null), ChunkKind.None, reason));

        Report();
        if (!request.ClientWantsUsage || _usageSent || report.Usage is not { } usage) return;
        var json = _usage is null
            ? $$"""{"prompt_tokens":{{usage.Prompt}},"completion_tokens":{{usage.Completion}},"total_tokens":{{usage.Total}}}"""
            : Encoding.UTF8.GetString(_usage);
        chunks.Add(new(Chunk("[]", json), ChunkKind.UsageOnly, null));
    }

    public void Report() => report.Usage ??= UsageEstimate.From(request, _payloadChunks, _payloadBytes);

    private void Scan(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        _splices.Clear();
        _choices.BeginChunk();
        var (members, hasId, hasObject, hasCreated, hasModel, hasChoices, hasUsage, isError) = (0, false, false, false, false, false, false, false);
        var usageAt = default(Range);
        var reader = new Utf8JsonReader(frame);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members++;
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (name.SequenceEqual("choices"u8))
            {
                hasChoices = true;
                if (reader.TokenType == JsonTokenType.Null) _splices.Replace(start, (int)reader.BytesConsumed, NoChoices);
                else _choices.Scan(ref reader, _splices);
            }
            else if (name.SequenceEqual("model"u8))
            {
                reader.Skip();
                hasModel = true;
                _splices.Replace(start, (int)reader.BytesConsumed, _model);
            }
            else if (name.SequenceEqual("id"u8))
            {
                hasId = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
                Identify(frame, ref reader, start, hasId, ref _id, ref _forcedId, JsonText.Quote, request.CompletionId);
                hasId = true;
            }
            else if (name.SequenceEqual("created"u8))
            {
                hasCreated = reader.TokenType == JsonTokenType.Number && !reader.ValueSpan.SequenceEqual("0"u8);
                Identify(frame, ref reader, start, hasCreated, ref _created, ref _forcedCreated, JsonText.Number, request.Created);
                hasCreated = true;
            }
            else if (name.SequenceEqual("object"u8))
            {
                hasObject = true;
                isError |= reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("error"u8);
                var isChunk = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual(_object.AsSpan(1..^1));
                reader.Skip();
                if (!isChunk) _splices.Replace(start, (int)reader.BytesConsumed, _object);
            }
            else if (name.SequenceEqual("usage"u8))
            {
                hasUsage = reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
                usageAt = new Range(start, (int)reader.BytesConsumed);
            }
            else if (name.SequenceEqual("error"u8) && reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False))
            {
                throw UpstreamErrors.FromEvent(frame, request);
            }
            else
            {
                isError |= name.SequenceEqual("error_code"u8) && reader.TokenType == JsonTokenType.Number && !reader.ValueSpan.SequenceEqual("0"u8);
                reader.Skip();
            }
        }

        // vLLM's servers tell their errors without a name for them, FastChat's with a number.
        if (isError && _choices.ChunkIsEmpty) throw UpstreamErrors.FromEvent(frame, request);
        var end = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException();

        // Azure's first chunk has id "", created 0 and model ""; then all chunks get ours, so that they agree.
        if (!hasId) Add(end, ref members, "id", _forcedId ??= JsonText.Quote(request.CompletionId));
        if (!hasObject) Add(end, ref members, "object", _object);
        if (!hasCreated) Add(end, ref members, "created", _forcedCreated ??= JsonText.Number(request.Created));
        if (!hasModel) Add(end, ref members, "model", _model);
        if (!hasChoices) Add(end, ref members, "choices", NoChoices);
        if (hasUsage) ReadUsage(frame, usageAt);
        _any = true;
        Emit(frame, hasUsage, chunks);
    }

    private void ReadUsage(ReadOnlySpan<byte> frame, Range at)
    {
        var usage = frame[at];
        report.Usage = ToldUsage.Read(usage, total => UsageEstimate.Of(total, request, _payloadChunks, _payloadBytes), out var mended) ?? report.Usage;
        if (request.ClientWantsUsage) _usage = mended ?? usage.ToArray();
        // DeepSeek tells it beside the finish reason, others with each chunk. Clients add up what they are told: End says it, once.
        var told = _choices.ChunkIsEmpty ? mended : NoUsage;
        if (told is not null) _splices.Replace(at.Start.Value, at.End.Value, told);
    }

    private void Emit(ReadOnlySpan<byte> frame, bool hasUsage, List<UpstreamChunk> chunks)
    {
        if (hasUsage && _choices.ChunkIsEmpty)
        {
            // Usage comes last: if a finish reason is still to come, or is only made up at the end, End says the usage.
            if (!request.ClientWantsUsage || !_choices.AllFinished) return;
            _usageSent = true;
            chunks.Add(new(_splices.Apply(frame), ChunkKind.UsageOnly, null));
            return;
        }

        var payload = _choices.PayloadBytes;
        if (payload > 0) Count(payload);
        var json = _splices.Apply(frame);
        chunks.Add(new(json, payload > 0 ? ChunkKind.Payload : ChunkKind.None, _choices.FinishReason));
        if (!hasUsage && _choices.OnlyText is { } text)
            _repeated.Learn(frame, text, json, _splices.ShiftAt(text.Start.Value), _choices.TextChoice, _choices.TextIsContent);
    }

    private void Count(int payload)
    {
        _payloadChunks++;
        _payloadBytes += payload;
    }

    /// <summary>Keeps id and created the same on all chunks: the first chunk's, or ours if it had none.</summary>
    private void Identify<T>(
        ReadOnlySpan<byte> frame, ref Utf8JsonReader reader, int start, bool given, ref byte[]? first, ref byte[]? forced,
        Func<T, byte[]> write, T ours)
    {
        reader.Skip();
        var end = (int)reader.BytesConsumed;
        if (!given && !_any) forced = write(ours);
        if (forced is not null) _splices.Replace(start, end, forced);
        else if (!given) _splices.Replace(start, end, first ?? (forced = write(ours)));
        else first ??= frame[start..end].ToArray();
    }

    private void Add(int end, ref int members, string name, byte[] value) =>
        _splices.Insert(end, [.. Encoding.ASCII.GetBytes($"{(members++ > 0 ? "," : "")}\"{name}\":"), .. value]);

    private byte[] Chunk(string choices, string? usage)
    {
        var id = _forcedId ?? _id ?? JsonText.Quote(request.CompletionId);
        var created = _forcedCreated ?? _created ?? JsonText.Number(request.Created);
        return
        [
            .. "{\"id\":"u8, .. id, .. ",\"object\":"u8, .. _object, .. ",\"created\":"u8, .. created, .. ",\"model\":"u8, .. _model,
            .. ",\"choices\":"u8, .. Encoding.UTF8.GetBytes(choices),
            .. usage is null ? [] : Encoding.UTF8.GetBytes(",\"usage\":" + usage), (byte)'}',
        ];
    }

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent a chunk that is not a JSON object.");
}
