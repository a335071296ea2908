using System.Globalization;

namespace OrleansLlm.Api.Audit;

/// <summary>
/// A file that is only appended to. When it is full it becomes <c>name.1</c>, what was <c>name.1</c> becomes <c>name.2</c>, and the oldest goes.
/// Not for several threads at once.
/// </summary>
internal sealed class RotatingFile(string path) : IDisposable
{
    private FileStream? _open;

    /// <param name="maxBytes">Of one file; a line that is longer has one to itself.</param>
    /// <param name="files">Kept in all, 1 or more.</param>
    public void Append(ReadOnlySpan<byte> line, long maxBytes, int files)
    {
        if (_open is null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _open = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        }

        if (_open.Length > 0 && _open.Length + line.Length > maxBytes)
        {
            Rotate(files);
            _open = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        }

        _open.Write(line);
        _open.Flush();
    }

    public void Dispose()
    {
        _open?.Dispose();
        _open = null;
    }

    private void Rotate(int files)
    {
        Dispose();
        // Also those of a time when more were kept.
        for (var old = files - 1; old == files - 1 || File.Exists(Numbered(old)); old++) File.Delete(Numbered(old));
        for (var number = files - 2; number >= 0; number--)
        {
            if (File.Exists(Numbered(number))) File.Move(Numbered(number), Numbered(number + 1), overwrite: true);
        }
    }

    private string Numbered(int number) => number == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
}
