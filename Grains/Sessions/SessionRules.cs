namespace OrleansLlm.Grains.Sessions;

/// <summary>Which sessions a key has. Pure: time is an argument; each command says whether the state is to be stored.</summary>
internal static class SessionRules
{
    /// <summary>Browsers signed in with one key at once.</summary>
    public const int Most = 32;

    /// <summary>A session that was not used for so long is over.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(12);

    /// <summary>Use is written down so often at most: a crash can shorten a session by as much.</summary>
    public static readonly TimeSpan Note = TimeSpan.FromMinutes(15);

    public static void Begin(SessionsState state, string hash, string mask, DateTimeOffset now)
    {
        Sweep(state, now);
        state.Sessions.RemoveAll(s => s.Hash == hash);
        while (state.Sessions.Count >= Most) state.Sessions.Remove(state.Sessions.MinBy(s => s.Used)!);
        state.Sessions.Add(new StoredSession(hash, now));
        state.Mask = mask;
    }

    /// <returns>Whether there is such a session, and whether its use is to be stored.</returns>
    public static (bool Known, bool Store) Use(SessionsState state, string hash, DateTimeOffset now)
    {
        var at = state.Sessions.FindIndex(s => s.Hash == hash);
        if (at < 0 || now - state.Sessions[at].Used >= Idle) return (false, false);
        if (now - state.Sessions[at].Used < Note) return (true, false);
        state.Sessions[at] = state.Sessions[at] with { Used = now };
        Sweep(state, now);
        return (true, true);
    }

    public static bool End(SessionsState state, string hash) => state.Sessions.RemoveAll(s => s.Hash == hash) > 0;

    private static void Sweep(SessionsState state, DateTimeOffset now) => state.Sessions.RemoveAll(s => now - s.Used >= Idle);
}
