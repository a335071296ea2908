using System.Collections.Concurrent;

namespace OrleansLlm.Tests.Cluster;

/// <summary>How calls of one method failed, as seen where the grain lives: an answer that a stopping silo gave may be lost on its way.</summary>
internal sealed class EndsOfCalls(string method) : IIncomingGrainCallFilter
{
    private readonly ConcurrentQueue<Type> _failures = new();

    public IReadOnlyCollection<Type> Failures => _failures;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (context.MethodName == method)
        {
            _failures.Enqueue(e.GetType());
            throw;
        }
    }
}
