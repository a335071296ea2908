using System.Threading.Channels;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// Says early that a file may have changed, by watching the names in its folder: an editor's rename and a swapped link are events there and not of the file.
/// Only a hint: where no event arrives (network folders, links that lead elsewhere, no watches left) the caller's period is what counts. So it does for a
/// file that is written in place: a log in the same folder would be an event with each of its lines.
/// </summary>
internal sealed class FileHints : IDisposable
{
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly FileSystemWatcher? _watcher;

    public FileHints(string path)
    {
        try
        {
            _watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(path))!)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName,
            };
            _watcher.Created += (_, _) => _hints.Writer.TryWrite(true);
            _watcher.Deleted += (_, _) => _hints.Writer.TryWrite(true);
            _watcher.Renamed += (_, _) => _hints.Writer.TryWrite(true);
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    /// <summary>Ends with the next hint, or when the period is over.</summary>
    public async Task NextAsync(TimeSpan period, TimeProvider time, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(period, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await _hints.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The period is over.
        }
    }

    public void Dispose() => _watcher?.Dispose();
}
