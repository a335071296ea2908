using OrleansLlm.Api.Access;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;
using OrleansLlm.Limits;

namespace OrleansLlm.Tests.Rules.Access;

/// <summary>What a key may do with its user and its team.</summary>
public class RightsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Account Key = new() { Kind = AccountKind.Key, Id = "abc" };
    private static readonly Account User = new() { Kind = AccountKind.User, Id = "ada" };
    private static readonly Account Team = new() { Kind = AccountKind.Team, Id = "t" };

    [Theory]
    [InlineData("m", "m", true)]
    [InlineData("m", "n", false)]
    [InlineData("openai/*", "openai/gpt", true)]
    [InlineData("openai/*", "openai", false)]
    [InlineData("*-mini", "gpt-mini", true)]
    [InlineData("a*a", "a", false)]
    [InlineData("*", "anything", true)]
    [InlineData("all-proxy-models", "anything", true)]
    [InlineData("all-team-models", "anything", true)]
    [InlineData("no-default-models", "no-default-models", false)]
    public void AModel_IsAllowedByNameOrPattern(string allowed, string model, bool yes) => Assert.Equal(yes, ModelNames.Allow([allowed], model, group: null));

    [Fact]
    public void AModel_IsAllowedByItsGroup_WhereItWasAskedForByAnAlias() => Assert.True(ModelNames.Allow(["m"], "alias", new ModelGroup("m", [])));

    [Fact]
    public void AModel_IsAllowedByAnAccessGroup_OfOneOfItsDeployments()
    {
        var deployment = new Deployment { Id = "d", Group = "m", ConfiguredModel = "openai/x", Provider = "openai", Model = "x", ApiBase = new Uri("http://h"), Backend = "b", AccessGroups = ["beta"] };
        var group = new ModelGroup("m", [deployment with { AccessGroups = [] }, deployment]);
        Assert.True(ModelNames.Allow(["beta"], "m", group));
        Assert.False(ModelNames.Allow(["gamma"], "m", group));
        Assert.False(ModelNames.Allow(["bet*"], "m", group));
    }

    [Theory]
    [InlineData("", "\"default\"", true)]
    [InlineData("all-proxy-models", "\"default\"", true)]
    [InlineData("claude-sonnet", "\"default\"", false)]
    [InlineData("claude-sonnet", "[{\"model\":\"claude-opus\"}]", false)]
    [InlineData("claude-*", "[{\"model\":\"claude-opus\"}]", true)]
    [InlineData("claude-*", "[{\"model\":\"claude-opus\"},{\"model\":5}]", false)]
    public void FallbacksOfAnthropicsOwn_AreModelsThatTheKeyMayUse(string models, string fallbacks, bool allowed)
    {
        using var body = System.Text.Json.JsonDocument.Parse($"{{\"fallbacks\":{fallbacks}}}");
        var rights = new Rights(Key with { Models = models.Length == 0 ? [] : [models] }, null, null);
        Assert.Equal(allowed, AnthropicFallbacks.AreAllowed(body.RootElement, rights, GatewayCatalog.Empty));
    }

    [Fact]
    public void WhatAUserMayDoForItself_IsNotAskedOfItsTeamsKey()
    {
        var user = User with { Models = ["no-default-models"] };
        Assert.NotNull(new Rights(Key with { UserId = "ada" }, user, null).RefuseModel("m", null));
        Assert.Null(new Rights(Key with { UserId = "ada", TeamId = "t" }, user, Team).RefuseModel("m", null));
        Assert.NotNull(new Rights(Key with { UserId = "ada", TeamId = "t" }, user, Team with { Models = ["n"] }).RefuseModel("m", null));
    }

    [Fact]
    public void AKey_IsRefused_AtTheMomentItExpires()
    {
        var rights = new Rights(Key with { Expires = Now }, null, null);
        Assert.Equal("expired_key", rights.Refuse(Now)?.Type);
        Assert.Null(rights.Refuse(Now - TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void AKey_WhoseTeamIsGone_IsRefused()
    {
        Assert.NotNull(new Rights(Key with { TeamId = "t" }, null, null).Refuse(Now));
        Assert.NotNull(new Rights(Key with { UserId = "ada" }, User with { TeamId = "t" }, null).Refuse(Now));
        Assert.Null(new Rights(Key with { TeamId = "t" }, null, Team).Refuse(Now));
        // A user that nobody has made known is only a name.
        Assert.Null(new Rights(Key with { UserId = "ada" }, null, null).Refuse(Now));
    }

    [Fact]
    public void TheScopes_AreThoseWithNumbers_TheKeysOwnBeforeTheConfiguredOnes()
    {
        var limits = new LimitOptions { Key = new RateLimits { Requests = 10, Parallel = 2 }, User = new RateLimits { Tokens = 7 } };
        var key = Key with
        {
            UserId = "ada", TeamId = "t", Limits = new RateLimits { Requests = 3 },
            ModelLimits = [new("m", new RateLimits { Requests = 1 }), new("n", new RateLimits { Requests = 1 })],
        };
        var scopes = new Rights(key, User with { Limits = new RateLimits { Requests = 5 } }, Team).ScopesOf(limits, ["alias", "m"], []);
        Assert.Equal(
            [
                new LimitedScope(LimitScopes.PerModel("key:abc", "m"), new RateLimits { Requests = 1 }),
                new LimitedScope("key:abc", new RateLimits { Requests = 3, Parallel = 2 }),
                new LimitedScope("user:ada", new RateLimits { Requests = 5, Tokens = 7 }),
            ],
            scopes);
    }

    [Theory]
    [InlineData("key:abc", "m")]
    [InlineData("team:a:b", "openai/gpt:x")]
    [InlineData("user:", "")]
    public void AModelsScope_IsReadAsItWasMade(string scope, string model) => Assert.Equal((scope, model), LimitScopes.ParsePerModel(LimitScopes.PerModel(scope, model)));

    [Fact]
    public void ModelsScopes_OfDifferentHolders_NeverMeet() => Assert.NotEqual(LimitScopes.PerModel("team:a:b", "c"), LimitScopes.PerModel("team:a", "b:c"));

    [Fact]
    public void TheUserField_IsHeardOnlyByAKeyThatAllowsIt()
    {
        Assert.Equal("key:abc", new Rights(Key, null, null).UserOf("rich"));
        Assert.Equal("user:ada", new Rights(Key with { UserId = "ada" }, null, null).UserOf("rich"));
        Assert.Equal("end:abc:rich", new Rights(Key with { UserId = "ada", AllowUserField = true }, null, null).UserOf("rich"));
        Assert.Equal("user:ada", new Rights(Key with { UserId = "ada", AllowUserField = true }, null, null).UserOf(null));
    }
}
