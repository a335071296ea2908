using System.Collections.Concurrent;
using System.Net;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// The addresses of names. The system's question blocks, for ten seconds and more where no name server answers: it has a thread of its own, and one question for all who
/// want to know the same at a time.
/// </summary>
internal sealed class NameLookups(Func<string, IPAddress[]> ask)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IPAddress[]>>> _asked = new(StringComparer.OrdinalIgnoreCase);

    public static NameLookups OfTheSystem { get; } = new(Dns.GetHostAddresses);

    public ValueTask<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken) => IPAddress.TryParse(host, out var address)
        ? new([address])
        : new(_asked.GetOrAdd(host, name => new Lazy<Task<IPAddress[]>>(() => AskAsync(name))).Value.WaitAsync(cancellationToken));

    private Task<IPAddress[]> AskAsync(string host) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return ask(host);
            }
            finally
            {
                _asked.TryRemove(host, out _);
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
