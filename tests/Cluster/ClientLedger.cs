using System.Diagnostics;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Streaming clients of a cluster, and what became of every request they sent.</summary>
internal sealed class ClientLedger(HttpClient http)
{
    private int _sent;
    private int _whole;
    private int _told;
    private int _refused;
    private int _lost;
    private long _longest;

    public int Sent => Volatile.Read(ref _sent);

    public int Whole => Volatile.Read(ref _whole);

    /// <summary>Ended by an error event: the client knows.</summary>
    public int Told => Volatile.Read(ref _told);

    /// <summary>Answered by an error status.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Ended without a word.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public override string ToString() =>
        $"sent {Sent}, whole {Whole}, told of the loss mid-stream {Told}, refused {Refused}, lost {Lost}; longest request {new TimeSpan(Interlocked.Read(ref _longest)).TotalSeconds:F1} s";

    public async Task RunClientAsync(Uri api, int client, CancellationToken enough)
    {
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            await SendAsync(api, $$"""{"model":"m","stream":true,"user":"u{{client}}","messages":[{"role":"user","content":"c{{client}}-{{i}}"}]}""");
        }
    }

    public async Task SendAsync(Uri api, string body)
    {
        Interlocked.Increment(ref _sent);
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api, "/v1/chat/completions")) { Content = new StringContent(body) };
        using var response = await http.SendAsync(request, CancellationToken.None);
        var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
        Note(Stopwatch.GetElapsedTime(started));
        if (!response.IsSuccessStatusCode) Interlocked.Increment(ref _refused);
        else if (text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)) Interlocked.Increment(ref _whole);
        else if (text.Contains("data: {\"error\":", StringComparison.Ordinal)) Interlocked.Increment(ref _told);
        else Interlocked.Increment(ref _lost);
    }

    private void Note(TimeSpan took)
    {
        long seen;
        while (took.Ticks > (seen = Interlocked.Read(ref _longest)) && Interlocked.CompareExchange(ref _longest, took.Ticks, seen) != seen)
        {
        }
    }
}
