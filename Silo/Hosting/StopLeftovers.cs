namespace OrleansLlm.Silo.Hosting;

/// <summary>What a stop had no time for.</summary>
internal sealed class StopLeftovers
{
    /// <summary>The exit code of a process whose engine was still at it.</summary>
    public const int ExitCode = 3;

    /// <summary>The engine still stops. Nothing of it can be tidied up: that would wait for it.</summary>
    public bool Engine { get; set; }
}
