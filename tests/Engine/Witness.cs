using System.Collections.Concurrent;

namespace OrleansLlm.Engine;

/// <summary>What grains and tests tell each other outside of calls: named events to wait for, gates to hold, counters.</summary>
public sealed class Witness
{
    /// <summary>
    /// More than it takes Orleans to find out that nobody reads an enumeration: its end, where that has overtaken its beginning, is seen after one to two response timeouts, of 20 s
    /// here, and of one enumeration within another after as many again.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _events = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly ConcurrentQueue<string> _log = new();

    public string[] Log(string key) => [.. _log.Where(line => line.StartsWith(key + ":", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..])];

    public void Note(string key, string what) => _log.Enqueue($"{key}:{what}");

    public int Add(string name, int amount = 1) => _counts.AddOrUpdate(name, amount, (_, now) => now + amount);

    public int Count(string name) => _counts.GetValueOrDefault(name);

    /// <summary>Says that something happened, or opens a gate.</summary>
    public void Signal(string name) => Event(name).TrySetResult();

    public bool Happened(string name) => Event(name).Task.IsCompleted;

    public async Task Wait(string name)
    {
        try
        {
            await Event(name).Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"'{name}' did not happen in {Patience}.");
        }
    }

    /// <summary>For what has no event of its own: looks again, for as long as is generous.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        while (!condition())
        {
            if (clock.GetElapsedTime(start) > Patience) throw new TimeoutException($"Not in {Patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock);
        }
    }

    private TaskCompletionSource Event(string name) => _events.GetOrAdd(name, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
