using System.Net.Sockets;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// What one call saw of its connection: the handler does not tell whether it was a pooled one, nor whether a byte of the response had come
/// before it broke. HTTP/1.1 writes a request in the caller's own flow, so the connection's stream finds the call through an AsyncLocal.
/// (HTTP/2 does not, and needs none of this: there the handler itself knows which requests the server has not touched.)
/// </summary>
/// <param name="caller">Cancelled when the caller wants no more of the call.</param>
internal sealed class ConnectionTrace(CancellationToken caller)
{
    /// <summary>How long a server that was told that nobody listens any more may take to stop and close its side.</summary>
    private static readonly TimeSpan PartingTime = TimeSpan.FromSeconds(1);

    public static readonly AsyncLocal<ConnectionTrace?> Current = new();

    private TracedStream? _stream;

    /// <summary>The connection had carried a request before.</summary>
    public bool Reused { get; private set; }

    /// <summary>A byte of the response has arrived.</summary>
    public bool Answered { get; set; }

    /// <summary>
    /// Ends when the server has closed the connection of a call that the caller cancelled: what ran there for it has stopped. At once for any
    /// other call, and after <see cref="PartingTime"/> in any case.
    /// </summary>
    public Task Parted => _stream?.Parted ?? Task.CompletedTask;

    public static ValueTask<Stream> Trace(SocketsHttpPlaintextStreamFilterContext connection, TimeProvider time) =>
        ValueTask.FromResult<Stream>(new TracedStream(connection.PlaintextStream, time));

    private bool WasCancelled => caller.IsCancellationRequested;

    private sealed class TracedStream(Stream inner, TimeProvider time) : Stream
    {
        private ConnectionTrace? _call;
        private int _disposed;

        public Task Parted { get; private set; } = Task.CompletedTask;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Note();
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _call is { Answered: false } call ? FirstReadAsync(call, buffer, cancellationToken) : inner.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override ValueTask DisposeAsync()
        {
            Dispose(disposing: true);
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            if (!disposing || Interlocked.Exchange(ref _disposed, 1) == 1) return;
            // Half a close tells the server as much as a whole one, and leaves it a way to say that it has understood. Only without TLS: what
            // counts its inferences stands next door.
            if (_call is { } call && call.WasCancelled && inner is NetworkStream { Socket: var socket }) Parted = PartAsync(socket);
            else inner.Dispose();
        }

        private async Task PartAsync(Socket socket)
        {
            try
            {
                using var patience = new CancellationTokenSource(PartingTime, time);
                socket.Shutdown(SocketShutdown.Send);
                var rest = new byte[1024];
                while (await socket.ReceiveAsync(rest, patience.Token).ConfigureAwait(false) > 0)
                {
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Reset by the server, or out of patience with it.
            }
            finally
            {
                await inner.DisposeAsync().ConfigureAwait(false);
            }
        }

        private static async ValueTask<int> FirstReadAsync(Stream from, ConnectionTrace call, Memory<byte> buffer, CancellationToken ct)
        {
            var bytes = await from.ReadAsync(buffer, ct).ConfigureAwait(false);
            if (bytes > 0) call.Answered = true;
            return bytes;
        }

        private ValueTask<int> FirstReadAsync(ConnectionTrace call, Memory<byte> buffer, CancellationToken ct) =>
            FirstReadAsync(inner, call, buffer, ct);

        private void Note()
        {
            if (Current.Value is not { } call || call._stream == this) return;
            call._stream = this;
            call.Reused = _call is not null;
            _call = call;
        }
    }
}
