namespace OrleansLlm.Bench.Gateways;

/// <summary>
/// How .NET's sockets run in the load and in the simulator: on one thread, which does the little work itself instead of handing it to the thread
/// pool. It halves what they take from the machine that they share with the gateway. The gateway runs as its user runs it.
/// </summary>
internal static class SocketSettings
{
    private static readonly (string Name, string Value)[] Cheap = [("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"), ("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1")];

    public static IEnumerable<string> Names => Cheap.Select(c => c.Name);

    public static IEnumerable<(string Name, string? Value)> ForSimulator => Cheap.Select(c => (c.Name, (string?)c.Value));

    /// <summary>Before the first socket of this process.</summary>
    public static void UseHere()
    {
        foreach (var (name, value) in Cheap) Environment.SetEnvironmentVariable(name, value);
    }
}
