using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Doors;
using OrleansLlm.Bench.Fuzz.Corpus;
using OrleansLlm.Bench.Fuzz.Mutation;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Bench.Fuzz.Rules;

/// <summary>
/// A mutated answer of a service, cut anywhere, is read in its dialect, gathered, and said by a door, streamed and whole. Either the call fails as an upstream
/// failure, or what the client would get is JSON in each event.
/// </summary>
internal sealed class AnswerRule : IRule, IDisposable
{
    private static readonly string[] Types = ["text/event-stream", "application/json", "application/x-ndjson", "", "text/plain", "application/octet-stream", "text/html"];

    private static readonly InferenceStarted Started = new() { DeploymentId = "d", ModelGroup = "MODEL", ApiBase = "http://127.0.0.1:1", Queued = TimeSpan.Zero, Upstream = TimeSpan.FromSeconds(1) };

    private readonly DoorsUnderFuzz _doors = new(FuzzCatalog.New(), TimeProvider.System);
    private readonly ServiceProvider _services = new ServiceCollection().AddProviders().BuildServiceProvider();
    private readonly Dictionary<UpstreamWire, IDialect> _dialects;
    private readonly List<(DoorUnderFuzz Door, UpstreamOperation Operation, IReadOnlyList<byte[]> Asks)> _asks;

    public AnswerRule()
    {
        _dialects = _services.GetServices<IDialect>().ToDictionary(d => d.Wire);
        _asks = [.. _doors.All.Select(d => (d, OperationOf(d), _doors.ServedBy(d))).Where(d => d.Item3.Count > 0)];
    }

    public string Name => "answers read and said";

    public RuleCase Make(Dice dice)
    {
        var seed = dice.Pick(AnswerSeed.All);
        var body = seed.Body;
        for (var edits = 1 + dice.Below(4); edits > 0; edits--) body = seed.IsStream ? StreamEdits.Edit(dice, body) : dice.OneIn(8) ? ByteEdits.Edit(dice, body) : JsonEdits.Edit(dice, body);
        var type = dice.OneIn(12) ? dice.Pick(Types) : seed.ContentType;
        var (door, _, asks) = dice.Pick(_asks.Where(a => a.Operation == seed.Operation).ToList());
        var ask = dice.Pick(asks);
        var cuts = dice.Next();
        return new RuleCase($"{seed.Provider} {seed.Operation} as '{type}' for {door.Name}", body, bytes => TryAsync(seed, type, door, ask, bytes, cuts));
    }

    public void Dispose() => _services.Dispose();

    private static UpstreamOperation OperationOf(DoorUnderFuzz door) => door.Name switch
    {
        "completions" => UpstreamOperation.Completion,
        "embeddings" or "ollama embed" or "ollama embeddings" => UpstreamOperation.Embedding,
        _ => UpstreamOperation.Chat,
    };

    private async Task<string?> TryAsync(AnswerSeed seed, string type, DoorUnderFuzz door, byte[] ask, byte[] answer, ulong cuts)
    {
        var report = new UpstreamReport();
        var request = new UpstreamRequest
        {
            Operation = seed.Operation, Provider = seed.Provider, ApiBase = new Uri("http://127.0.0.1:1/"), Model = "m", PublicModel = "MODEL", Body = ask,
            CompletionId = "chatcmpl-1", Created = 1_700_000_000, ClientWantsUsage = true,
        };
        var chunks = new List<UpstreamChunk>();
        var failed = false;
        byte[]? whole = null;
        try
        {
            UpstreamErrors.FromResponse(400, answer, null, request);
            failed = !await ReadAsync(seed, type, request, report, answer, cuts, chunks);
            foreach (var chunk in chunks)
            {
                using var json = JsonDocument.Parse(chunk.Json, new JsonDocumentOptions { MaxDepth = 2000 });
                if (json.RootElement.ValueKind != JsonValueKind.Object) return "a chunk is no object";
            }

            if (!failed) whole = Gather(chunks, report);
        }
        catch (Exception e)
        {
            return "the reader threw " + Found.Of(e);
        }

        try
        {
            return await SayStreamAsync(door, ask, chunks, failed, whole) ?? (whole is null ? null : await SayWholeAsync(door, ask, whole));
        }
        catch (Exception e)
        {
            return $"{door.Name} threw " + Found.Of(e);
        }
    }

    /// <summary>As the call does it, without its socket.</summary>
    /// <returns>False: it ended in an upstream failure.</returns>
    private async Task<bool> ReadAsync(AnswerSeed seed, string type, UpstreamRequest request, UpstreamReport report, byte[] answer, ulong cuts, List<UpstreamChunk> chunks)
    {
        IAnswer? hearing = null;
        try
        {
            hearing = _dialects[UpstreamProviders.Find(seed.Provider).Wire].Hear(type, request, report);
            if (hearing is null) return false;
            using var frames = new FrameReader(hearing.Framing);
            await using var body = new CutStream(answer, cuts);
            while (true)
            {
                while (!hearing.IsComplete && frames.TryRead(out var frame))
                {
                    if (frames.FrameIsError) throw UpstreamErrors.FromEvent(frame, request);
                    hearing.Hear(frame, chunks);
                }

                if (hearing.IsComplete || frames.Ended) break;
                frames.Filled(await frames.FillAsync(body, default));
            }

            hearing.HearEnd(chunks);
            return true;
        }
        catch (UpstreamException)
        {
            return false;
        }
        finally
        {
            (hearing as IReporting)?.Report();
        }
    }

    private static byte[]? Gather(List<UpstreamChunk> chunks, UpstreamReport report)
    {
        try
        {
            var gatherer = new ChatGatherer();
            foreach (var chunk in chunks) gatherer.Add(chunk);
            return gatherer.ToCompletion(report.Usage);
        }
        catch (UpstreamException)
        {
            return null;
        }
    }

    private async Task<string?> SayStreamAsync(DoorUnderFuzz under, byte[] ask, List<UpstreamChunk> chunks, bool failed, byte[]? whole)
    {
        var (door, _, request, context) = _doors.Read(under, ask);
        if (request.Kind == InferenceKind.Embedding) return null;
        var form = door.Answer(context, request, streamId: null);
        var pipe = new AnswerPipe(context, TimeProvider.System, TimeSpan.FromSeconds(30));
        var streamed = new StreamedAnswer(pipe, form);
        streamed.Start();
        form.Began(Started);
        InferenceEvent end = failed || whole is null ? new InferenceFailed(Failure.GatewayLost) : new InferenceCompleted(1, 1, TimeSpan.FromSeconds(1));
        await using var events = EventsAsync(chunks, end).GetAsyncEnumerator();
        await streamed.WriteAsync(events, Started);
        return Wire.Check(context.Response.ContentType, ((MemoryStream)context.Response.Body).ToArray());
    }

    private async Task<string?> SayWholeAsync(DoorUnderFuzz under, byte[] ask, byte[] whole)
    {
        var (door, _, request, context) = _doors.Read(under, ask);
        var form = door.Answer(context, request, streamId: null);
        form.Began(Started);
        var body = await form.WholeAsync(whole, new InferenceCompleted(1, 1, TimeSpan.FromSeconds(1)));
        return Wire.Check("application/json", body.ToArray());
    }

    private static async IAsyncEnumerable<InferenceEvent> EventsAsync(List<UpstreamChunk> chunks, InferenceEvent end)
    {
        await Task.CompletedTask;
        foreach (var chunk in chunks) yield return new TokenChunk(chunk.Json);
        yield return end;
    }
}

/// <summary>A body that arrives in pieces of any size.</summary>
internal sealed class CutStream(byte[] bytes, ulong seed) : Stream
{
    private readonly Dice _dice = new((long)seed, 0);
    private int _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _at; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var most = Math.Min(count, bytes.Length - _at);
        if (most <= 0) return 0;
        var taken = Math.Min(most, _dice.OneIn(3) ? 1 + _dice.Below(4) : 1 + _dice.Below(400));
        bytes.AsSpan(_at, taken).CopyTo(buffer.AsSpan(offset));
        _at += taken;
        return taken;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var most = Math.Min(buffer.Length, bytes.Length - _at);
        if (most <= 0) return new(0);
        var taken = Math.Min(most, _dice.OneIn(3) ? 1 + _dice.Below(4) : 1 + _dice.Below(400));
        bytes.AsSpan(_at, taken).CopyTo(buffer.Span);
        _at += taken;
        return new(taken);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
