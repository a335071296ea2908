using System.Net.Sockets;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// What one call saw of its connection: the handler does not tell whether it was a pooled one, nor whether a byte of the response had come
/// before it broke. HTTP/1.1 writes a request in the caller's own flow, so the connection's stream finds the call through an AsyncLocal.
/// (HTTP/2 does not, and needs none of this: there the handler itself knows which requests the server has not touched.)
/// </summary>
internal sealed class ConnectionTrace
{
    /// <summary>How long a server that was told that nobody listens any more may take to stop and close its side.</summary>
    private static readonly TimeSpan PartingTime = TimeSpan.FromSeconds(1);

    /// <summary>What it may still say meanwhile, in bytes: who goes on for longer has not understood half a close.</summary>
    private const long MostRest = 1024 * 1024;

    public static readonly AsyncLocal<ConnectionTrace?> Current = new();

    private TracedStream? _stream;

    /// <summary>The connection had carried a request before.</summary>
    public bool Reused { get; private set; }

    /// <summary>A byte of the response has arrived.</summary>
    public bool Answered { get; set; }

    /// <summary>The server may be at work on the answer: until its end has been read, or an error in its place.</summary>
    public bool MayRun { get; set; }

    /// <summary>
    /// Ends when the server has closed the connection of a call that was given up, because the caller cancelled it, because it took too long, or because what
    /// came was no answer: what ran there for it has stopped. At once for any other call, and after <see cref="PartingTime"/> in any case.
    /// </summary>
    public Task Parted => _stream?.Parted ?? Task.CompletedTask;

    public static ValueTask<Stream> Trace(SocketsHttpPlaintextStreamFilterContext connection, TimeProvider time) =>
        ValueTask.FromResult<Stream>(new TracedStream(connection.PlaintextStream, time));

    private sealed class TracedStream(Stream inner, TimeProvider time) : Stream
    {
        private readonly CancellationTokenSource _gone = new();
        private ConnectionTrace? _call;
        private readonly Lock _ending = new();
        private volatile bool _disposed;

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
            _call is { Answered: false } call ? FirstReadAsync(call, buffer, Or(cancellationToken)) : inner.ReadAsync(buffer, Or(cancellationToken));

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
            if (!disposing) return;
            // Half a close tells the server as much as a whole one, and leaves it a way to say that it has understood. Only without TLS: what
            // counts its inferences stands next door.
            var socket = _call is { MayRun: true } ? (inner as NetworkStream)?.Socket : null;
            TaskCompletionSource? parted = null;
            lock (_ending)
            {
                if (_disposed) return;
                _disposed = true;
                // Before anybody can see that the connection has ended, there is something to wait for.
                if (socket is not null) Parted = (parted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            // Whoever reads is done here, and does not wait for the server.
            if (parted is not null)
            {
                _gone.Cancel();
                _ = PartAsync(socket!, parted);
                return;
            }

            inner.Dispose();
            _gone.Dispose();
        }

        private async Task PartAsync(Socket socket, TaskCompletionSource parted)
        {
            try
            {
                using var patience = new CancellationTokenSource(PartingTime, time);
                socket.Shutdown(SocketShutdown.Send);
                var rest = new byte[4096];
                var (read, all) = (1, 0L);
                while (read > 0 && all <= MostRest) all += read = await socket.ReceiveAsync(rest, patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Reset by the server, or out of patience with it.
            }
            finally
            {
                await inner.DisposeAsync().ConfigureAwait(false);
                _gone.Dispose();
                parted.TrySetResult();
            }
        }

        /// <summary>
        /// The handler passes none: it ends a read by disposing what it reads from, which half a close is not. A read that it begins after that, because the call was given up
        /// between its request and its first read, would last until the server closes.
        /// </summary>
        private CancellationToken Or(CancellationToken cancellationToken)
        {
            if (_disposed) return new CancellationToken(canceled: true);
            return cancellationToken.CanBeCanceled ? cancellationToken : _gone.Token;
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
