using OrleansLlm.Caching;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>One answer, and the inferences that write one.</summary>
public class CacheBookTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

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
        _book.Keep(Answer());
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
        _book.Keep(Answer());
        Assert.IsType<CacheStored>(_book.Find(Question(), Now.AddSeconds(59.9)));
        Assert.IsType<CacheNothing>(_book.Find(Question(), Now.AddSeconds(60)));
        Assert.IsType<CacheStored>(_book.Find(Question(maxAge: 10), Now.AddSeconds(10)));
        Assert.IsType<CacheNothing>(_book.Find(Question(maxAge: 10), Now.AddSeconds(10.1)));
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

    private CacheReply Find(string terms = "terms", string? lost = null) => _book.Find(new CacheQuestion(terms, null, lost), Now);

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
