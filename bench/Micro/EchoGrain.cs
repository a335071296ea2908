namespace OrleansLlm.Micro;

internal sealed class EchoGrain : Grain, IEchoGrain
{
    public Task<int> EchoAsync(int number) => Task.FromResult(number);

    public async IAsyncEnumerable<int> CountAsync(int until)
    {
        await Task.CompletedTask;
        for (var i = 0; i < until; i++) yield return i;
    }
}
