using OrleansLlm.Caching;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>One answer, and the inferences that write one.</summary>
public class CacheBookTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>That nobody sets, at the same moment.</summary>
    private static readonly TimeSpan Clock = TimeSpan.FromHours(1);

    private readonly CacheBook _book = new();

    [Fact]
    public void TheFirstBegins_AndTheNextAreSentToIt()
    {
        Assert.IsType<CacheNothing>(Find());
        Assert.Equal("run1", _book.Begin(Offer("run1")));
        Assert.Equal("run1", _book.Begin(Offer("run2")));
        Assert.Equal(new CacheRunning("run1"), Find());
    }

    [Fact]
    public void OtherTermsAreAnotherInference_ButOneAnswer()
    {
        _book.Begin(Offer("run1"));
        Assert.IsType<CacheNothing>(Find("other"));
        Assert.Equal("run2", _book.Begin(Offer("run2", "other")));
        _book.EndRun("run1");
        Keep(Now);
        Assert.IsType<CacheStored>(Find("other"));
    }

    [Fact]
    public void WhoWantsANewAnswer_BeginsOneThatTheOthersJoin()
    {
        _book.Begin(Offer("run1"));
        Assert.Equal("run2", _book.Begin(Offer("run2", anew: true)));
        Assert.Equal(new CacheRunning("run2"), Find());
        _book.EndRun("run1");
        Assert.Equal(new CacheRunning("run2"), Find());
    }

    [Fact]
    public void AnInferenceThatIsLost_IsForgotten_AndNoOther()
    {
        _book.Begin(Offer("run1"));
        Assert.IsType<CacheRunning>(Find(lost: "run0"));
        Assert.IsType<CacheNothing>(Find(lost: "run1"));
    }

    [Fact]
    public void TooManyTerms_AreOnTheirOwn()
    {
        for (var i = 0; i < CacheBook.MaxRuns; i++) Assert.NotNull(_book.Begin(Offer($"run{i}", $"terms{i}")));
        Assert.Null(_book.Begin(Offer("one more", "one more")));
        Assert.Equal("run0", _book.Begin(Offer("again", "terms0")));
        Assert.Equal("anew", _book.Begin(Offer("anew", "terms0", anew: true)));
    }

    [Fact]
    public void AnAnswer_IsFreshUntilItExpires_AndAsYoungAsWanted()
    {
        Keep(Now);
        Assert.IsType<CacheStored>(FindAfter(59.9));
        Assert.IsType<CacheNothing>(FindAfter(60));
        Assert.IsType<CacheStored>(FindAfter(10, maxAge: 10));
        Assert.IsType<CacheNothing>(FindAfter(10.1, maxAge: 10));
    }

    [Theory]
    [InlineData(-3 * 3600)]
    [InlineData(-30)]
    public void AClockThatIsSetBack_MakesNoAnswerYounger(double by)
    {
        Keep(Now);
        Assert.IsType<CacheStored>(FindAfter(59.9, clockSetBy: by));
        Assert.IsType<CacheNothing>(FindAfter(60, clockSetBy: by));
        Assert.IsType<CacheNothing>(FindAfter(10.1, maxAge: 10, clockSetBy: by));
        // Neither one that another process has left, when the clock was right.
        Keep(Now.AddSeconds(by));
        Assert.Equal(TimeSpan.FromSeconds(60), _book.Left(Now.AddSeconds(by), Clock));
    }

    [Fact]
    public void AnAnswerOfAnotherProcess_IsAsOldAsItIs()
    {
        Keep(Now.AddSeconds(50));
        Assert.Equal(TimeSpan.FromSeconds(10), _book.Left(Now.AddSeconds(50), Clock));
        Assert.IsType<CacheNothing>(_book.Find(Question(), Now.AddSeconds(-3600), Clock + TimeSpan.FromSeconds(10)));
    }

    /// <summary>While a machine sleeps the clock that nobody sets stands still.</summary>
    [Fact]
    public void AMachineThatSlept_HasNoAnswersThatExpiredMeanwhile()
    {
        Keep(Now);
        Assert.IsType<CacheNothing>(_book.Find(Question(), Now.AddSeconds(60), Clock));
    }

    [Fact]
    public void TheStoredForm_MakesTheRoundTrip()
    {
        var answer = Answer();
        var read = CachedAnswerFormat.Read(CachedAnswerFormat.Write(answer))!;
        Assert.Equal(answer.Json.ToArray(), read.Json.ToArray());
        Assert.Equal(answer with { Json = default }, read with { Json = default });
        Assert.Null(CachedAnswerFormat.Read("nothing of ours"u8.ToArray()));
        Assert.Null(CachedAnswerFormat.Read("nothing\nof ours"u8.ToArray()));
    }

    private void Keep(DateTimeOffset now) => _book.Keep(Answer(), now, Clock);

    private CacheReply Find(string terms = "terms", string? lost = null) => _book.Find(new CacheQuestion(terms, null, lost), Now, Clock);

    private CacheReply FindAfter(double seconds, double? maxAge = null, double clockSetBy = 0) =>
        _book.Find(Question(maxAge), Now.AddSeconds(seconds + clockSetBy), Clock + TimeSpan.FromSeconds(seconds));

    private static CacheQuestion Question(double? maxAge = null) => new("terms", maxAge is { } age ? TimeSpan.FromSeconds(age) : null, null);

    private static CacheOffer Offer(string run, string terms = "terms", bool anew = false) =>
        new(terms, run, "reader", new InferenceRequest { Model = "m", User = "u", Body = default, Stream = false, Created = 0 }, anew);

    private static CachedAnswer Answer() => new()
    {
        Json = "{\"a\":\n1}"u8.ToArray(),
        PromptTokens = 1,
        CompletionTokens = 2,
        StoredAt = Now,
        ExpiresAt = Now.AddSeconds(60),
        DeploymentId = "d",
        ModelGroup = "m",
        ApiBase = "http://b",
    };
}
