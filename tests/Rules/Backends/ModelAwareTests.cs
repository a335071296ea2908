using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

public class ModelAwareTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly BackendOptions Options = BackendModel.Options() with
    {
        ModelPatience = 10 * Second,
        Lease = TimeSpan.FromDays(1),
        QueueTimeout = TimeSpan.FromDays(1),
    };

    [Fact]
    public void RequestsForTheLoadedModel_GoFirst_UntilThePatienceIsOver()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("a", 1, model: "big");
        driver.SendMany("b", 1, model: "small");
        driver.SendMany("c", 30, model: "big");
        driver.FinishMany(11, Second);
        // Passed over from its first turn, after one second, to the eleventh.
        Assert.Equal("b-1", driver.Granted[^1]);
        driver.Finish(Second);
        Assert.Equal("c-11", driver.Granted[^1]);
    }

    [Fact]
    public void WithoutPatience_TheModelDoesNotMatter()
    {
        var driver = new QueueDriver(Options with { ModelPatience = TimeSpan.Zero });
        driver.SendMany("a", 1, model: "big");
        driver.SendMany("b", 1, model: "small");
        driver.SendMany("c", 30, model: "big");
        driver.Finish(Second);
        Assert.Equal("b-1", driver.Granted[^1]);
    }

    [Fact]
    public void APriority_IsAboveTheModel()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("a", 1, model: "big");
        driver.SendMany("c", 3, priority: 1, model: "big");
        driver.SendMany("b", 1, model: "small");
        driver.Finish(Second);
        Assert.Equal("b-1", driver.Granted[^1]);
    }

    [Fact]
    public void ThePatienceOfOthers_CostsAUserNothingInTheEnd()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("warm", 1, model: "big");
        driver.SendMany("a", 100, model: "big");
        driver.SendMany("b", 100, model: "small");
        driver.FinishMany(120, Second);
        Assert.InRange(driver.GrantedUsers.Count(u => u == "b"), 50, 70);
    }

    [Fact]
    public void AFreeBackend_ThatIsAskedOnlyIfItHasTheModel_SaysWhatItHas()
    {
        var rules = new BackendRules(Options);
        rules.SawLoaded(["big:latest"]);
        Assert.Equal(Warmth.Cold, Colder(rules.TryAcquire(Ask("a", "small", Warmth.Loaded), Second)));
        Assert.IsType<SlotGranted>(rules.TryAcquire(Ask("b", "big", Warmth.Loaded), Second));
    }

    [Fact]
    public void AModelThatWasNotThere_IsTakenToPushTheOthersOut_UntilAProbeSeesBoth()
    {
        var rules = new BackendRules(Options);
        rules.SawLoaded(["big"]);
        Run(rules, Ask("a", "small"));
        Assert.Equal(["small"], rules.ModelsLoaded);
        Assert.Equal(Warmth.Cold, Colder(rules.TryAcquire(Ask("b", "big", Warmth.Loaded), Second)));
        rules.SawLoaded(["big", "small"]);
        Run(rules, Ask("c", "big", Warmth.Loaded));
        Run(rules, Ask("d", "small", Warmth.Loaded));
    }

    [Fact]
    public void ABackendThatLoadsNothing_HasEveryModel()
    {
        var rules = new BackendRules(Options with { ModelPatience = TimeSpan.Zero });
        Run(rules, Ask("a", "any", Warmth.Loaded));
    }

    [Fact]
    public void AConversation_IsKnownWhereItsLastTurnWasServed_ForItsModelOnly()
    {
        var rules = new BackendRules(Options);
        Run(rules, Ask("a", "big") with { Turn = 1 });
        Assert.Equal(Warmth.Loaded, Colder(rules.TryAcquire(Ask("b", "big", Warmth.Conversation) with { Turn = 3, Follows = 2 }, Second)));
        Run(rules, Ask("c", "big", Warmth.Conversation) with { Turn = 2, Follows = 1 });
        Run(rules, Ask("d", "small"));
        Assert.Equal(Warmth.Loaded, Colder(rules.TryAcquire(Ask("e", "small", Warmth.Conversation) with { Follows = 2 }, Second)));
    }

    [Fact]
    public void TheNumberOfConversations_IsBounded()
    {
        var turns = new RecentTurns(capacity: 3);
        for (ulong i = 1; i <= 4; i++) turns.Add("m", i);
        turns.Add("m", 3);
        turns.Add("m", 5);
        Assert.Equal([3UL, 4UL, 5UL], Enumerable.Range(1, 5).Select(i => (ulong)i).Where(i => turns.Contains("m", i)));
    }

    [Fact]
    public void AWaitingRequest_IsNotChoosy()
    {
        var rules = new BackendRules(Options);
        Assert.IsType<SlotGranted>(rules.Enqueue(Ask("a", "big", Warmth.Conversation) with { Follows = 7 }, Second));
    }

    private static SlotRequest Ask(string id, string model, Warmth atLeast = Warmth.Cold) => new() { RequestId = id, User = "u", Model = model, AtLeast = atLeast };

    private static void Run(BackendRules rules, SlotRequest request)
    {
        Assert.IsType<SlotGranted>(rules.TryAcquire(request, Second));
        rules.Release(new SlotRelease { RequestId = request.RequestId, Outcome = SlotOutcome.Succeeded }, Second);
    }

    private static Warmth Colder(SlotAnswer answer)
    {
        var refused = Assert.IsType<SlotRefused>(answer);
        Assert.Equal(RefusalReason.Colder, refused.Reason);
        return refused.Warmth;
    }
}
