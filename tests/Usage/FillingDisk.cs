namespace OrleansLlm.Tests.Usage;

/// <summary>A file whose disk takes half of what is written when it is full.</summary>
internal sealed class FillingDisk(Stream file) : Stream
{
    public bool IsFull { get; set; }

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        file.Write(IsFull ? buffer[..(buffer.Length / 2)] : buffer);
        if (IsFull) throw new IOException("The disk is full.");
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value) => file.SetLength(value);
}
