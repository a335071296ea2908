using System.Runtime.InteropServices;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// SIGHUP, which by itself ends a process at once. At a terminal it says that the terminal has gone: an orderly stop. Elsewhere it asks a server to read its
/// configuration again, which this one does without being asked.
/// </summary>
internal static class HangUp
{
    public static PosixSignalRegistration Follow(IHostApplicationLifetime lifetime) => PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        if (!Console.IsInputRedirected) lifetime.StopApplication();
    });
}
