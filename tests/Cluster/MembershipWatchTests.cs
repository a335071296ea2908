using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A silo that the store has forgotten ends; one whose store is only away, or was never written to, does not.</summary>
public class MembershipWatchTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly Table _table = new();
    private readonly End _end = new();

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

    private async Task<MembershipWatch> StartAsync()
    {
        var watch = new MembershipWatch(_table, new Self(), _end, Period, _time, NullLogger<MembershipWatch>.Instance);
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
