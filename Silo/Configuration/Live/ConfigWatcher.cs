namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// Follows the configuration file: reads it when a name in its folder has changed, and every two seconds whatever happens, never more than
/// a few times a second. What is valid is put in force; what is not is reported, and what was in force stays: until the file changes, or what was
/// wrong with it has gone by itself, as a file with certificates that comes later than its name.
/// </summary>
internal sealed class ConfigWatcher(string path, LiveCatalog catalog, TimeProvider time, ILogger<ConfigWatcher> logger) : BackgroundService
{
    private const int MostFindings = 20;

    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Again = 5 * Period;

    private readonly long _start = time.GetTimestamp();
    private readonly SettledText _settled = new(catalog.Text, Settle, Again);
    private readonly ConfigFiles _files = new(path);
    private readonly IReadOnlyDictionary<string, string> _variables = Variables.Files(path);
    private int _unreadable;
    private string? _failure;

    /// <summary>What was told of last, so that each judgement is told once.</summary>
    private (string Text, string Errors) _refused;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hints = new FileHints(path);
        try
        {
            while (true)
            {
                Look();
                await Task.Delay(Settle, time, stoppingToken);
                Look();
                await hints.NextAsync(Period, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    /// <summary>Whatever it is that nobody thought of: the file is followed further, and the process serves.</summary>
    private void Look()
    {
        try
        {
            LookOnce();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e.Message != _failure) logger.WatchFails(path, e);
            _failure = e.Message;
        }
    }

    private void LookOnce()
    {
        var problem = _files.TryRead(out var text);
        if (_settled.Observe(problem is null ? text : null, time.GetElapsedTime(_start)) is { } changed) Take(changed);
        _unreadable = problem is null ? 0 : _unreadable + 1;
        // Told once, and not at once: for a moment it is away whenever it is replaced.
        if (_unreadable == 3) logger.ConfigUnreadable(path, problem!);
    }

    /// <summary>Since the start, but for those that the process was given: these win in any case.</summary>
    private IEnumerable<string> VariablesThatChanged() =>
        Variables.Changed(_variables, Variables.Files(path)).Where(name => Environment.GetEnvironmentVariable(name) is null).Take(MostFindings);

    private void Take(string text)
    {
        var (report, needRestart) = catalog.TakeText(text);
        if (report.HasErrors)
        {
            TellRefused(text, [.. report.Findings.Where(f => f.Kind == FindingKind.Error)]);
            return;
        }

        _settled.InForce();
        (_refused, _failure) = (default, null);
        var findings = report.Findings.Where(f => f.Kind is FindingKind.LeftOut or FindingKind.Warning).Take(MostFindings);
        foreach (var finding in findings) logger.ConfigWarning(finding.File ?? path, finding.Line, finding.Path, finding.Text);
        foreach (var key in needRestart) logger.NeedsRestart(key);
        // Who changes both expects both to be in force.
        foreach (var name in VariablesThatChanged()) logger.NeedsRestart($"{name} in .env");
        var current = catalog.Current;
        logger.ConfigReloaded(path, current.Groups.Length, current.Groups.Sum(g => g.Deployments.Length), current.Backends.Count);
    }

    private void TellRefused(string text, List<ConfigFinding> errors)
    {
        var refused = (text, string.Join('\n', errors.Select(e => $"{e.Line} {e.Place}: {e.Text}")));
        if (refused == _refused) return;
        _refused = refused;
        foreach (var error in errors.Take(MostFindings)) logger.ConfigError(error.File ?? path, error.Line, error.Path, error.Text);
        logger.ConfigRefused(path, errors.Count);
    }
}
