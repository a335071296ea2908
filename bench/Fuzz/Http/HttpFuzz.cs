using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>Sends cases to a whole gateway, each worker one after the other, and gathers what goes wrong.</summary>
/// <param name="patience">No answer for so long counts as a hang.</param>
internal sealed class HttpFuzz(FuzzTarget target, CaseMaker maker, TimeSpan patience)
{
    public const string Part = "doors over HTTP";

    /// <summary>After so many cases a worker puts right what they may have deleted or changed.</summary>
    private const int Upkeep = 200;

    private static readonly TimeSpan MostToShrink = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, Found> _found = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _times = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, int> _statuses = new();
    private readonly ConcurrentDictionary<string, bool> _reached = new(StringComparer.Ordinal);
    private long _done;

    public IReadOnlyList<Found> Found => [.. _found.Values];

    /// <summary>How often each finding was met.</summary>
    public IReadOnlyDictionary<string, int> Times => _times;

    /// <summary>Answers by status; 0: none.</summary>
    public IReadOnlyDictionary<int, int> Statuses => _statuses;

    /// <summary>Routes that were asked.</summary>
    public IEnumerable<string> Reached => _reached.Keys;

    public long Done => Interlocked.Read(ref _done);

    public async Task RunAsync(int workers, long count)
    {
        await Task.WhenAll(Enumerable.Range(0, workers).Select(w => Task.Run(() => WorkAsync(w, Range(w, workers, count)))));
        foreach (var (text, kind) in target.Errors.Take(null)) Note(kind, -1, $"(whose it is is not known) {text}");
    }

    public Task OneAsync(long number) => WorkAsync(0, [number]);

    private static IEnumerable<long> Range(int worker, int workers, long count)
    {
        for (var number = (long)worker; number < count; number += workers) yield return number;
    }

    private async Task WorkAsync(int worker, IEnumerable<long> numbers)
    {
        using var client = new RawClient(target.Address);
        var own = new Fixtures(target, client, worker);
        var since = 0;
        foreach (var number in numbers)
        {
            if (since++ % Upkeep == 0) await own.RenewAsync();
            var one = maker.Make(number);
            _reached.TryAdd(one.Route, true);
            var (wrong, status) = await TryAsync(one, client, own);
            _statuses.AddOrUpdate(status, 1, (_, n) => n + 1);
            Interlocked.Increment(ref _done);
            if (wrong is not null) await NoteAsync(one, wrong, client, own);
        }
    }

    private async Task<(string? Wrong, int Status)> TryAsync(HttpCase one, RawClient client, Fixtures own)
    {
        target.Upstream.Answer(own.Worker, one.Reply);
        using var hang = new CancellationTokenSource(patience, TimeProvider.System);
        RawAnswer? answer;
        try
        {
            // The one stream that never ends.
            answer = await client.SendAsync(one.ToBytes(text => own.Fill(text, one.Provider)), one.IsHead, one.Route == "/ui/live" ? 1 : one.LeaveAfter, hang.Token);
        }
        catch (OperationCanceledException)
        {
            return ($"{one.Route}: no answer within {patience.TotalSeconds} s", 0);
        }

        var wrong = one.Route == "/ui/live" ? null : Oracle.Check(one, answer);
        if (answer?.Header("x-request-id") is { } id)
        {
            foreach (var (text, kind) in target.Errors.Take(id)) Note(kind, one.Number, $"{one}\n    {text}");
        }

        return (wrong, answer?.Status ?? 0);
    }

    private void Note(string what, long number, string text)
    {
        _times.AddOrUpdate(what, 1, (_, n) => n + 1);
        _found.TryAdd(what, new Found(Part, number, what, text));
    }

    private async Task NoteAsync(HttpCase one, string wrong, RawClient client, Fixtures own)
    {
        _times.AddOrUpdate(wrong, 1, (_, n) => n + 1);
        // The case as it is, should making it smaller fail.
        if (!_found.TryAdd(wrong, new Found(Part, one.Number, wrong, one.ToString()))) return;
        // One that waits for a timeout each time is left as it is.
        var began = TimeProvider.System.GetTimestamp();
        if ((await TryAsync(one, client, own)).Wrong != wrong || TimeProvider.System.GetElapsedTime(began) > MostToShrink) return;
        var smallest = await ShrinkAsync(one, async smaller => (await TryAsync(smaller, client, own)).Wrong == wrong);
        _found[wrong] = new Found(Part, one.Number, wrong, smallest.ToString());
    }

    private static async Task<HttpCase> ShrinkAsync(HttpCase one, Func<HttpCase, Task<bool>> fails)
    {
        if (!await fails(one)) return one;
        foreach (var header in one.Headers.Where(h => h.Name != "Authorization").ToList())
        {
            var without = one with { Headers = [.. one.Headers.Where(h => h != header)] };
            if (await fails(without)) one = without;
        }

        if (one.Reply is { } reply)
        {
            var well = one with { Reply = null };
            if (await fails(well)) return await ShrinkAsync(well, fails);
            var bytes = await Shrink.TextAsync(reply.Bytes, text => fails(one with { Reply = reply with { Bytes = text, Cuts = 0 } }));
            if (bytes != reply.Bytes) one = one with { Reply = reply with { Bytes = bytes, Cuts = 0 } };
        }

        return one.Body is null ? one : one with { Body = await Shrink.TextAsync(one.Body, text => fails(one with { Body = text })) };
    }
}

/// <summary>What a worker's requests are about: its models, a key, a response, a conversation.</summary>
internal sealed class Fixtures(FuzzTarget target, RawClient client, int worker)
{
    private string _key = "sk-none";
    private string _response = "resp_none";
    private string _conversation = "conv_none";
    private string _item = "msg_none";

    public int Worker => worker;

    public string Fill(string text, string provider) => text
        .Replace("MODEL", FuzzConfig.ModelOf(worker, provider), StringComparison.Ordinal)
        .Replace("UPSTREAM", FuzzConfig.BaseOf(target.Upstream.Port, worker), StringComparison.Ordinal)
        .Replace("SPARE", FuzzConfig.Spare, StringComparison.Ordinal)
        .Replace("<master>", FuzzConfig.Master, StringComparison.Ordinal)
        .Replace("<key>", _key, StringComparison.Ordinal)
        .Replace("<response>", _response, StringComparison.Ordinal)
        .Replace("<conversation>", _conversation, StringComparison.Ordinal)
        .Replace("<item>", _item, StringComparison.Ordinal);

    public async Task RenewAsync()
    {
        target.Upstream.Answer(worker, null);
        await PostAsync("/catalog/reset", "{}", "version");
        await PostAsync("/backend/undrain", """{"backend":"SPARE"}""", "name");
        _key = await PostAsync("/key/generate", "{}", "key") ?? _key;
        _response = await PostAsync("/v1/responses", """{"model":"MODEL","input":"x"}""", "id") ?? _response;
        _conversation = await PostAsync("/v1/conversations", """{"items":[{"type":"message","role":"user","content":"x"}]}""", "id") ?? _conversation;
    }

    private async Task<string?> PostAsync(string path, string body, string field)
    {
        var one = new HttpCase(-1, path, "POST", Encoding.ASCII.GetBytes(path), [("Authorization", Encoding.ASCII.GetBytes("Bearer <master>"))], Encoding.ASCII.GetBytes(body), "openai", null, null);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        var answer = await client.SendAsync(one.ToBytes(text => Fill(text, "openai")), isHead: false, leaveAfter: null, patience.Token);
        if (answer is not { Status: 200 }) return null;
        using var json = JsonDocument.Parse(answer.Body);
        return json.RootElement.TryGetProperty(field, out var value) ? value.ToString() : null;
    }
}
