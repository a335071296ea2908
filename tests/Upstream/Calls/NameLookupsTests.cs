using System.Net;
using System.Net.Sockets;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Tests.Upstream.Calls;

/// <summary>The addresses of names, which the system tells when it likes.</summary>
public sealed class NameLookupsTests : IDisposable
{
    private static readonly IPAddress[] s_addresses = [IPAddress.Loopback];

    private readonly ManualResetEventSlim _answers = new();
    private int _asked;

    public void Dispose() => _answers.Dispose();

    [Fact]
    public async Task WhoAsksTheSameMeanwhile_WaitsForOneQuestion_ThatKeepsNoThreadOfThePool()
    {
        var ofThePool = true;
        var names = new NameLookups(_ =>
        {
            ofThePool = Thread.CurrentThread.IsThreadPoolThread;
            return Answer();
        });
        var two = new[] { names.AddressesAsync("ollama-1", default).AsTask(), names.AddressesAsync("OLLAMA-1", default).AsTask() };
        Assert.DoesNotContain(two, t => t.IsCompleted);
        _answers.Set();
        Assert.All(await Task.WhenAll(two), found => Assert.Equal(s_addresses, found));
        Assert.Equal(1, _asked);
        Assert.False(ofThePool);
        // What it was a moment ago is not known to hold now.
        await names.AddressesAsync("ollama-1", default);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task WhoLeaves_LeavesTheQuestionToTheOthers()
    {
        var names = new NameLookups(_ => Answer());
        using var gone = new CancellationTokenSource();
        var left = names.AddressesAsync("ollama-1", gone.Token).AsTask();
        var stays = names.AddressesAsync("ollama-1", default).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        _answers.Set();
        Assert.Equal(s_addresses, await stays);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task ANameThatNobodyKnows_IsTheFailureOfTheSystem_AndAskedAgain()
    {
        var known = false;
        var names = new NameLookups(_ => known ? s_addresses : throw new SocketException((int)SocketError.HostNotFound));
        await Assert.ThrowsAsync<SocketException>(() => names.AddressesAsync("ollama-1", default).AsTask());
        known = true;
        Assert.Equal(s_addresses, await names.AddressesAsync("ollama-1", default));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task AnAddress_IsNotAskedFor(string address)
    {
        var names = new NameLookups(_ => throw new InvalidOperationException("asked"));
        Assert.Equal([IPAddress.Parse(address)], await names.AddressesAsync(address, default));
    }

    private IPAddress[] Answer()
    {
        Interlocked.Increment(ref _asked);
        _answers.Wait();
        return s_addresses;
    }
}
