using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>A backend whose inferences take as long as the test says, and the order in which its requests were granted.</summary>
internal sealed class QueueDriver(BackendOptions options)
{
    private readonly Queue<string> _running = new();
    private int _nextId;

    public BackendRules Rules { get; } = new(options);

    public TimeSpan Now { get; set; }

    /// <summary>Request ids in the order of their grants.</summary>
    public List<string> Granted { get; } = [];

    /// <summary>Refusals of requests that waited.</summary>
    public Dictionary<string, SlotRefused> Refused { get; } = [];

    public static SlotRequest Ask(string id, string user = "u", int priority = 0, double weight = 1, string model = "m") =>
        new() { RequestId = id, User = user, Model = model, Priority = priority, Weight = weight };

    public SlotAnswer Send(SlotRequest request)
    {
        var answer = Rules.Enqueue(request, Now);
        TakeEffects();
        if (answer is SlotGranted) Start(request.RequestId);
        return answer;
    }

    /// <summary>Requests with the ids <c>name-1</c>, <c>name-2</c> … of the user <c>name</c>.</summary>
    public void SendMany(string user, int count, int priority = 0, double weight = 1, string model = "m")
    {
        for (var i = 1; i <= count; i++) Send(Ask($"{user}-{i}", user, priority, weight, model));
    }

    public SlotAnswer Send(string user, int priority = 0) => Send(Ask($"{user}-x{++_nextId}", user, priority));

    /// <summary>The inference that has run longest ends.</summary>
    public void Finish(TimeSpan after)
    {
        Now += after;
        Rules.Release(new SlotRelease { RequestId = _running.Dequeue(), Outcome = SlotOutcome.Succeeded }, Now);
        TakeEffects();
    }

    public void FinishMany(int count, TimeSpan each)
    {
        for (var i = 0; i < count; i++) Finish(each);
    }

    public void Advance(TimeSpan by)
    {
        Now += by;
        Rules.Tick(Now);
        TakeEffects();
    }

    public IEnumerable<string> GrantedUsers => Granted.Select(UserOf);

    public static string UserOf(string id) => id[..id.IndexOf('-', StringComparison.Ordinal)];

    private void TakeEffects()
    {
        foreach (var (id, answer) in Rules.TakeEffects())
        {
            if (answer is SlotGranted)
            {
                Assert.True(Rules.Renew(id, Now), "a grant is claimed at once");
                Start(id);
            }
            else Refused.Add(id, (SlotRefused)answer);
        }
    }

    private void Start(string id)
    {
        Granted.Add(id);
        _running.Enqueue(id);
    }
}
