using OrleansLlm.Providers.Http;

namespace OrleansLlm.Upstream.Calls;

public sealed class RequestBodyTests
{
    [Fact]
    public async Task ABodyThatIsSent_HoldsNothingAnyMore_AndWhatIsBeingSentIsWhole()
    {
        using var body = new RequestBody("{\"model\":\"m\"}"u8.ToArray());
        using var sent = new PausedStream();
        var sending = body.CopyToAsync(sent, TestContext.Current.CancellationToken);

        body.LetGo();
        sent.GoOn();
        await sending;

        Assert.Equal("{\"model\":\"m\"}"u8, sent.ToArray());
        Assert.Empty(await body.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A server may answer before it has read all that it was sent.</summary>
    private sealed class PausedStream : MemoryStream
    {
        private readonly TaskCompletionSource _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void GoOn() => _goesOn.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _goesOn.Task;
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
