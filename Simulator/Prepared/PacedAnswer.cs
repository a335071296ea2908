using System.Net.Sockets;

namespace OrleansLlm.Simulator.Prepared;

/// <summary>An answer that is being sent part by part.</summary>
internal sealed class PacedAnswer(Socket socket, PreparedAnswer answer, TimeSpan gap, OpenInference inference)
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;

    public TimeSpan Gap => gap;

    /// <summary>When the next part is to be sent.</summary>
    public long Due { get; set; }

    /// <summary>Completes when all is sent; fails when the client has gone.</summary>
    public Task Sent => _sent.Task;

    /// <returns>Whether there is more.</returns>
    public bool SendNext()
    {
        try
        {
            var part = answer.Part(_next++);
            if (_next == answer.Parts) inference.End();
            // A token is far smaller than the socket's buffer: this returns at once unless the client has stopped reading for good.
            while (part.Length > 0) part = part[socket.Send(part)..];
            if (_next < answer.Parts) return true;
            _sent.SetResult();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            _sent.SetException(gone);
        }

        return false;
    }
}
