using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Bench.Queue;

/// <summary>
/// One-slot backends under simulated time, with the gateway's own rules in each. A request waits in the queues it is sent to, takes the first
/// grant and withdraws from the others, as in the gateway; messages take no time. One unit is a mean service time and counts as ten seconds.
/// </summary>
internal sealed class SimulatedCluster
{
    public static readonly TimeSpan Unit = TimeSpan.FromSeconds(10);

    private readonly BackendRules[] _backends;
    private readonly PriorityQueue<Action, double> _events = new();
    private readonly Dictionary<string, SimulatedRequest> _requests = new(StringComparer.Ordinal);
    private int _ids;

    /// <param name="change">What the backends are to have other than the defaults.</param>
    public SimulatedCluster(int backends, Func<BackendOptions, BackendOptions>? change = null)
    {
        _backends = [.. Enumerable.Range(0, backends).Select(i => new BackendRules((change ?? (o => o))(Options(i))))];
    }

    public double Now { get; private set; }

    public int Count => _backends.Length;

    /// <summary>Told when an inference ends.</summary>
    public Action<SimulatedRequest>? Finished { get; set; }

    /// <summary>Told when a backend's number of running and waiting requests has changed.</summary>
    public Action<int>? LoadChanged { get; set; }

    /// <summary>What loading a model costs, in mean service times.</summary>
    public double LoadTime { get; set; }

    public int Loads { get; private set; }

    public int LoadOf(int backend) => _backends[backend].Running + _backends[backend].Waiting;

    public void At(double time, Action what) => _events.Enqueue(what, time);

    public bool Step()
    {
        if (!_events.TryDequeue(out var what, out var time)) return false;
        Now = time;
        what();
        return true;
    }

    /// <param name="queues">The backends that are tried in this order and, when none is free, waited for at once.</param>
    public SimulatedRequest Send(string user, double length, IReadOnlyList<int> queues, string model = "m")
    {
        var request = new SimulatedRequest($"{++_ids}", user, model, length, Now, queues);
        _requests.Add(request.Id, request);
        foreach (var backend in queues)
        {
            if (_backends[backend].TryAcquire(Ask(request), Time) is not SlotGranted) continue;
            Start(request, backend);
            return request;
        }

        foreach (var backend in queues)
        {
            if (_backends[backend].Enqueue(Ask(request), Time) is SlotRefused refused) throw new InvalidOperationException($"Refused: {refused.Reason}");
            LoadChanged?.Invoke(backend);
        }

        return request;
    }

    private TimeSpan Time => Now * Unit;

    private static SlotRequest Ask(SimulatedRequest request) =>
        new() { RequestId = request.Id, User = request.User, Model = request.Model, Queues = request.Queues.Count };

    private static BackendOptions Options(int i) => new()
    {
        Name = $"{i}",
        Url = new Uri("http://simulated"),
        Provider = "ollama",
        MaxQueue = int.MaxValue,
        QueueTimeout = TimeSpan.FromDays(100_000),
        Lease = TimeSpan.FromDays(100_000),
    };

    private void Start(SimulatedRequest request, int backend)
    {
        request.Started = Now;
        foreach (var other in request.Queues.Where(q => q != backend && _backends[q].Waiting > 0)) Release(request.Id, other, SlotOutcome.Withdrawn);
        var loads = LoadTime > 0 && request.Model != _lastModel.GetValueOrDefault(backend);
        if (loads) Loads++;
        _lastModel[backend] = request.Model;
        At(Now + request.Length + (loads ? LoadTime : 0), () =>
        {
            _requests.Remove(request.Id);
            Release(request.Id, backend, SlotOutcome.Succeeded);
            Finished?.Invoke(request);
        });
        LoadChanged?.Invoke(backend);
    }

    private readonly Dictionary<int, string> _lastModel = [];

    private void Release(string id, int backend, SlotOutcome outcome)
    {
        _backends[backend].Release(new SlotRelease { RequestId = id, Outcome = outcome }, Time);
        foreach (var (granted, answer) in _backends[backend].TakeEffects())
        {
            if (answer is not SlotGranted) continue;
            // A grant out of the queue counts when it is claimed; here at once.
            _backends[backend].Renew(granted, Time);
            Start(_requests[granted], backend);
        }

        LoadChanged?.Invoke(backend);
    }
}

/// <summary>Times are in mean service times.</summary>
internal sealed class SimulatedRequest(string id, string user, string model, double length, double arrived, IReadOnlyList<int> queues)
{
    public string Id => id;

    public string User => user;

    public string Model => model;

    public double Length => length;

    public double Arrived => arrived;

    public IReadOnlyList<int> Queues => queues;

    public double Started { get; set; } = double.NaN;

    public double Wait => Started - arrived;
}
