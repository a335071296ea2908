using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;
using StackExchange.Redis;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A silo that the store has forgotten ends; one whose store is only away, or was never written to, does not.</summary>
public class MembershipWatchTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly Table _table = new();
    private readonly End _end = new();
    private readonly Log _log = new();
    private string? _refusal;

    [Fact]
    public async Task AStoreThatHasForgottenTheSilo_EndsIt_AfterThreeLooks()
    {
        using var watch = await StartAsync();
        await LookAsync(Answer.Known);
        await LookAsync(Answer.Unknown);
        await LookAsync(Answer.Unknown);
        Assert.False(_end.Called.Task.IsCompleted);
        await LookAsync(Answer.Unknown);
        await _end.Called.Task;
    }

    [Fact]
    public async Task AStoreThatIsAway_OrWasEmptyFromTheStart_EndsNothing()
    {
        using var watch = await StartAsync();
        foreach (var answer in (Answer[])[Answer.Unknown, Answer.Unknown, Answer.Unknown, Answer.Known, Answer.Away, Answer.Away, Answer.Away, Answer.Unknown, Answer.Unknown, Answer.Known, Answer.Unknown])
        {
            await LookAsync(answer);
        }

        await watch.StopAsync(CancellationToken.None);
        Assert.False(_end.Called.Task.IsCompleted);
    }

    [Fact]
    public async Task AStoreWithAnotherPassword_IsToldOfOnce_UntilItAnswersAgain()
    {
        using var watch = await StartAsync();
        await LookAsync(Answer.Away);
        _refusal = "WRONGPASS";
        foreach (var answer in (Answer[])[Answer.Away, Answer.Away, Answer.Known, Answer.Away, Answer.Away]) await LookAsync(answer);
        await watch.StopAsync(CancellationToken.None);
        Assert.Equal(2, _log.Lines.Count(l => l.Contains("WRONGPASS", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ARealRedis_SaysWhyItLetsNobodyIn()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-knock-").FullName;
        await using var redis = await RedisServer.StartAsync(folder);
        Assert.SkipUnless(redis is not null, "no redis-server on this machine");
        var address = redis.Url["redis://".Length..];
        Assert.Null(await new StoreKnock(ConfigurationOptions.Parse(address)).WhyRefusedAsync());
        await using (var connection = await ConnectionMultiplexer.ConnectAsync($"{address},allowAdmin=true"))
        {
            await connection.GetServers()[0].ConfigSetAsync("requirepass", "new-password");
        }

        Assert.Contains("WRONGPASS", await new StoreKnock(ConfigurationOptions.Parse($"{address},password=old-password")).WhyRefusedAsync(), StringComparison.Ordinal);
        Assert.NotNull(await new StoreKnock(ConfigurationOptions.Parse(address)).WhyRefusedAsync());
        Assert.Null(await new StoreKnock(ConfigurationOptions.Parse($"{address},password=new-password")).WhyRefusedAsync());
        await redis.StopAsync();
        Assert.Null(await new StoreKnock(ConfigurationOptions.Parse($"{address},password=old-password")).WhyRefusedAsync());
    }

    private async Task<MembershipWatch> StartAsync()
    {
        var watch = new MembershipWatch(_table, new Self(), _end, () => Task.FromResult(_refusal), Period, _time, _log);
        await watch.StartAsync(CancellationToken.None);
        return watch;
    }

    private async Task LookAsync(Answer answer)
    {
        var before = _table.Asked;
        _table.Says = answer;
        await Eventually.UntilAsync(
            () =>
            {
                if (_table.Asked == before) _time.Advance(Period);
                return _table.Asked > before;
            },
            "it has looked");
    }

    private sealed class Log : ILogger<MembershipWatch>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }

    private enum Answer
    {
        Known,
        Unknown,
        Away,
    }

    private sealed class Table : IMembershipTable
    {
        private int _asked;

        public Answer Says { get; set; }

        public int Asked => Volatile.Read(ref _asked);

        public Task<MembershipTableData> ReadRow(SiloAddress key)
        {
            // Each once: a look that comes too soon learns nothing.
            var says = Says;
            Says = Answer.Away;
            Interlocked.Increment(ref _asked);
            var version = new TableVersion(1, "1");
            return says switch
            {
                Answer.Known => Task.FromResult(new MembershipTableData(Tuple.Create(new MembershipEntry { SiloAddress = key }, "1"), version)),
                Answer.Unknown => Task.FromResult(new MembershipTableData(version)),
                _ => Task.FromException<MembershipTableData>(new InvalidOperationException("Reading is not allowed after reader was completed.")),
            };
        }

        public Task InitializeMembershipTable(bool tryInitTableVersion) => throw new NotSupportedException();

        public Task DeleteMembershipTableEntries(string clusterId) => throw new NotSupportedException();

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

        public Task<MembershipTableData> ReadAll() => throw new NotSupportedException();

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => throw new NotSupportedException();

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => throw new NotSupportedException();

        public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();
    }

    private sealed class Self : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "c";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress { get; } = SiloAddress.New(IPAddress.Loopback, 1, 1);

        public SiloAddress GatewayAddress => SiloAddress;
    }

    private sealed class End : IFatalErrorHandler
    {
        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsUnexpected(Exception exception) => true;

        public void OnFatalException(object? sender, string? context, Exception? exception) => Called.TrySetResult();
    }
}
