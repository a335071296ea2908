using System.Globalization;

namespace OrleansLlm.Bench.Endurance;

/// <summary>Clients of all kinds that come by chance, one after the other, whether or not those before them have been answered.</summary>
/// <param name="perSecond">How many come.</param>
/// <param name="most">How many are there at once at most; who comes then goes away again, unheard.</param>
internal sealed class Traffic(Uri gateway, Books books, IReadOnlyList<string> keys, Random chance, double perSecond, int most = 400) : IDisposable
{
    /// <summary>Of each key.</summary>
    private const int Conversations = 5;
    private const double Leaving = 0.1;
    private static readonly TimeSpan LongestStay = TimeSpan.FromMilliseconds(400);

    private static readonly (Door Door, double Share)[] Mix =
    [
        (Door.ChatStream, 0.40), (Door.ChatWhole, 0.17), (Door.Ollama, 0.12), (Door.Messages, 0.12), (Door.ResponseStream, 0.07), (Door.ResponseWhole, 0.05), (Door.Embedding, 0.07),
    ];

    private readonly Client _client = new(gateway);
    private long _sent;
    private int _open;

    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Returns when the last one has its answer.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var open = new List<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(-Math.Log(1 - chance.NextDouble()) / perSecond), TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_open >= most) continue;
            open.RemoveAll(t => t.IsCompleted);
            open.Add(OneAsync(Pick(), chance.NextDouble() < Leaving ? LongestStay * chance.NextDouble() : null));
        }

        await Task.WhenAll(open);
    }

    public void Dispose() => _client.Dispose();

    private async Task OneAsync((Door Door, string Key, string? Conversation) asks, TimeSpan? stays)
    {
        Interlocked.Increment(ref _open);
        var marker = string.Create(CultureInfo.InvariantCulture, $"soak-{Interlocked.Increment(ref _sent)}");
        using var leaving = new CancellationTokenSource();
        if (stays is { } stay) leaving.CancelAfter(stay);
        var asked = await _client.AskAsync(asks.Door, marker, asks.Key, asks.Conversation, leaving.Token);
        books.Note(asks.Door, asked);
        if (asked.Verdict is Verdict.Torn or Verdict.Wrong or Verdict.Hung or Verdict.Unheard) books.Odd($"{asks.Door.Name}, {asked.Marker}, {asked.RequestId}: {asked.Verdict}, {asked.Status} {asked.Reason}");
        Interlocked.Decrement(ref _open);
    }

    private (Door Door, string Key, string? Conversation) Pick()
    {
        var at = chance.NextDouble();
        var door = Mix.First(m => (at -= m.Share) < 0 || m.Door == Mix[^1].Door).Door;
        var key = keys[chance.Next(keys.Count)];
        var conversation = door == Door.ChatStream && chance.Next(4) == 0 ? $"conversation-{chance.Next(Conversations)}" : null;
        return (door, key, conversation);
    }
}
