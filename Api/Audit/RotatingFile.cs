using System.Globalization;

namespace OrleansLlm.Api.Audit;

/// <summary>
/// A file that is only appended to. When it is full it becomes <c>name.1</c>, what was <c>name.1</c> becomes <c>name.2</c>, and the oldest goes.
/// Not for several threads at once.
/// </summary>
internal sealed class RotatingFile(string path) : IDisposable
{
    private FileStream? _open;

    /// <summary>Why the file is longer than it should be; null: it is not.</summary>
    public Exception? NotRotated { get; private set; }

    /// <param name="maxBytes">Of one file; a line that is longer has one to itself. Where a full one cannot be moved it grows to twice as much, and then lines are refused.</param>
    /// <param name="files">Kept in all, 1 or more.</param>
    public void Append(ReadOnlySpan<byte> line, long maxBytes, int files)
    {
        var file = _open ??= Open();
        if (file.Length > 0 && file.Length + line.Length > maxBytes)
        {
            Rotate(files);
            file = _open = Open();
            if (NotRotated is { } why && file.Length > 2 * maxBytes) throw new IOException($"{path} is full and cannot be moved: {why.Message}", why);
        }

        var before = file.Length;
        try
        {
            file.Write(line);
        }
        catch
        {
            TakeBack(file, before);
            throw;
        }
    }

    public void Dispose()
    {
        var open = _open;
        _open = null;
        open?.Dispose();
    }

    /// <summary>Without a buffer: what a full disk did not take would be written again when the file is closed, and keep it from that.</summary>
    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>A disk that has filled up may have taken half of a line: the next one is not to go on from there. The file is opened anew for it.</summary>
    private void TakeBack(FileStream file, long before)
    {
        try
        {
            if (file.Length > before) file.SetLength(before);
            Dispose();
        }
        catch (IOException)
        {
            // Why the line was not written says more.
        }
    }

    /// <summary>
    /// The full file goes first: what is kept of the past makes room only for something that is there. Where somebody holds one of them the line is
    /// written all the same, to a file that is longer than it should be, and the next line tries again.
    /// </summary>
    private void Rotate(int files)
    {
        Dispose();
        try
        {
            // It may be there from a time when one of the others was held.
            if (!File.Exists(Full)) File.Move(path, Full);
            MakeRoom(files);
            if (files > 1) File.Move(Full, Numbered(1), overwrite: true);
            else File.Delete(Full);
            NotRotated = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotRotated = e;
        }
    }

    private void MakeRoom(int files)
    {
        // Also those of a time when more were kept.
        for (var old = files; File.Exists(Numbered(old)); old++) File.Delete(Numbered(old));
        // Up to the first gap, which one that could not be moved the last time has left: the oldest goes for a whole file only.
        var free = 1;
        while (free < files - 1 && File.Exists(Numbered(free))) free++;
        for (var number = free - 1; number >= 1; number--) File.Move(Numbered(number), Numbered(number + 1), overwrite: true);
    }

    private string Full => path + ".full";

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
}
