namespace OrleansLlm.Providers.Http;

/// <summary>
/// What one call saw of its connection: the handler does not tell whether it was a pooled one, nor whether a byte of the response had come
/// before it broke. HTTP/1.1 writes a request in the caller's own flow, so the connection's stream finds the call through an AsyncLocal.
/// (HTTP/2 does not, and needs none of this: there the handler itself knows which requests the server has not touched.)
/// </summary>
internal sealed class ConnectionTrace
{
    public static readonly AsyncLocal<ConnectionTrace?> Current = new();

    private TracedStream? _stream;

    /// <summary>The connection had carried a request before.</summary>
    public bool Reused { get; private set; }

    /// <summary>A byte of the response has arrived.</summary>
    public bool Answered { get; set; }

    public static ValueTask<Stream> Trace(SocketsHttpPlaintextStreamFilterContext connection, CancellationToken ct) =>
        ValueTask.FromResult<Stream>(new TracedStream(connection.PlaintextStream));

    private sealed class TracedStream(Stream inner) : Stream
    {
        private ConnectionTrace? _call;

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

        public override ValueTask DisposeAsync() => inner.DisposeAsync();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
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
