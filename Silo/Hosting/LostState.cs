namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Tells of a state file that is made anew beside a ledger that is older: nobody deletes keys and budgets by intention and keeps the rows of their
/// requests, but a volume or a backup may lack one file.
/// </summary>
internal sealed partial class LostState(GatewayOptions options, ILogger<LostState> logger) : IHostedService
{
    /// <summary>To be asked before either file is opened.</summary>
    public static bool IsLikely(GatewayOptions options) =>
        !File.Exists(options.StatePath) && Directory.EnumerateFiles(options.DataFolder, "ledger*.db").Any(f => new FileInfo(f).Length > 0);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        BegunAnew(logger, Path.GetFullPath(options.StatePath));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 8502, EventName = "StateBegunAnew", Level = LogLevel.Warning,
        Message = "{Path} was not there although there is a ledger of earlier runs: keys, budgets and conversations begin anew")]
    private static partial void BegunAnew(ILogger logger, string path);
}
