using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Routing;

namespace OrleansLlm.Tests.Rules.Inference;

/// <summary>Which deployments a request's tags leave.</summary>
public class TaggedCandidatesTests
{
    [Theory]
    // One of them is enough, and who has none serves nobody who has some.
    [InlineData("paid", false, "paid+eu paid")]
    [InlineData("free", false, "free")]
    [InlineData("free,paid", false, "paid+eu paid free")]
    // Else the default ones.
    [InlineData("other", false, "default+us")]
    [InlineData("", false, "default+us")]
    [InlineData("paid,eu", true, "paid+eu")]
    [InlineData("paid,us", true, "default+us")]
    [InlineData("!eu,paid", false, "paid")]
    [InlineData("&eu,paid", false, "paid+eu")]
    [InlineData("&eu", false, "paid+eu")]
    [InlineData("!eu", false, "default+us")]
    [InlineData("&eu,free", false, null)]
    [InlineData("!us", false, null)]
    [InlineData("&none", false, null)]
    public void ARequest_IsLeftThoseThatItsTagsAreFor(string tags, bool all, string? left) => Assert.Equal(left, Left(tags, all, "paid+eu", "paid", "free", "default+us", ""));

    [Theory]
    [InlineData("", "paid -")]
    [InlineData("!paid", "-")]
    [InlineData("paid", "paid")]
    [InlineData("other", null)]
    [InlineData("!", "paid -")]
    public void WhereNoneIsTheDefault_WhoHasNoTagsHasThemAll(string tags, string? left) => Assert.Equal(left, Left(tags, all: false, "paid", ""));

    [Fact]
    public void WhereNobodyIsLeft_TheFailureNamesTheTags_AndIsOfNoOtherClassWhateverTheySay()
    {
        ImmutableArray<Candidate> candidates = [new("a", "b", 0)];
        var failure = TaggedCandidates.LeaveOutOthers(Group("paid"), "alias", ["content policy", "context window"], new RoutingOptions(), ref candidates)!;
        Assert.StartsWith("Not allowed to access model due to tags configuration. Passed model=alias and tags=['content policy', 'context window']", failure.Message, StringComparison.Ordinal);
        Assert.Equal((FailureKind.BadRequest, "tags", FailureClass.BadRequest), (failure.Kind, failure.Param, FailureClasses.Of(failure)));
    }

    private static string? Left(string tags, bool all, params string[] deployments)
    {
        var group = Group(deployments);
        ImmutableArray<Candidate> candidates = [.. group.Deployments.Select(d => new Candidate(d.Id, d.Backend, 0))];
        var routing = new RoutingOptions { NeedsAllTags = all };
        var failure = TaggedCandidates.LeaveOutOthers(group, "m", [.. tags.Split(',', StringSplitOptions.RemoveEmptyEntries)], routing, ref candidates);
        Assert.Equal(failure is null, !candidates.IsEmpty);
        return failure is null ? string.Join(' ', candidates.Select(c => c.DeploymentId)) : null;
    }

    private static ModelGroup Group(params string[] deployments) => new("m", [.. deployments.Select(tags => new Deployment
    {
        Id = tags.Length > 0 ? tags : "-",
        Group = "m",
        ConfiguredModel = "ollama/m",
        Provider = "ollama",
        Model = "m",
        ApiBase = new Uri("http://b"),
        Backend = "b",
        Tags = [.. tags.Split('+', StringSplitOptions.RemoveEmptyEntries)],
    })]);
}
