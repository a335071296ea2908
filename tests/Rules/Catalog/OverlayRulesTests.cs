using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Catalog;

namespace OrleansLlm.Tests.Rules.Catalog;

public class OverlayRulesTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    private readonly FakeFile _file = new("of-the-file", "other-of-the-file");
    private CatalogOverlay _overlay = CatalogOverlay.None;
    private int _changes;

    [Fact]
    public void AnAddedModel_HasItsId_AndTheVersionGoesUp()
    {
        Made(Add("new", """{"model_name":"n","litellm_params":{"model":"ollama/x","api_key":"os.environ/KEY"}}"""));
        Assert.Equal(1, _overlay.Version);
        Assert.Equal("""{"model_name":"n","litellm_params":{"model":"ollama/x","api_key":"os.environ/KEY"},"model_info":{"id":"new"}}""", _overlay.Models.Single().Json);
    }

    [Theory]
    [InlineData("of-the-file")]
    [InlineData("new")]
    public void AnId_IsGivenOnce(string id)
    {
        Made(Add("new"));
        Refused(ChangeRefusal.Exists, Add(id));
    }

    [Fact]
    public void AnUpdate_TouchesOnlyWhatItNames_AndNullTakesAway()
    {
        Made(Add("new", """{"model_name":"n","litellm_params":{"model":"ollama/x","api_key":"k","timeout":5},"model_info":{"mode":"chat"}}"""));
        Made(Update("new", """{"litellm_params":{"model":"ollama/y","timeout":null,"extra_headers":{"A":"1"}}}"""));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"model_name":"n","litellm_params":{"model":"ollama/y","api_key":"k","extra_headers":{"A":"1"}},"model_info":{"mode":"chat","id":"new"}}"""),
            JsonNode.Parse(_overlay.Models.Single().Json)));
    }

    [Fact]
    public void AModelOfTheFile_IsTakenOverWithWhatTheFileSays()
    {
        Made(Update("of-the-file", """{"model_name":"renamed"}"""));
        var entry = JsonNode.Parse(_overlay.Models.Single().Json)!;
        Assert.Equal(("renamed", "ollama/of-the-file"), ((string?)entry["model_name"], (string?)entry["litellm_params"]!["model"]));
    }

    [Fact]
    public void ADeletedModel_CanBeAddedAgain_AndNotBeDeletedTwice()
    {
        Made(Delete("of-the-file"));
        Assert.Equal(["of-the-file"], _overlay.Deleted);
        Refused(ChangeRefusal.NotFound, Delete("of-the-file"));
        Refused(ChangeRefusal.NotFound, Update("of-the-file", "{}"));
        Made(Add("of-the-file"));
        Assert.Empty(_overlay.Deleted);
    }

    [Fact]
    public void ABackend_ServesCopiesOfWhatItsGroupsHave_AndGoesWithAllOfThem()
    {
        Made(new AddBackend { ChangeId = Id(), Address = "http://b:1", Options = """{"slots":2}""", Models = ["of-the-file", "other-of-the-file"] });
        Assert.Equal(["of-the-file@http://b:1", "other-of-the-file@http://b:1"], _overlay.Models.Select(m => m.Key));
        Assert.All(_overlay.Models, m => Assert.Equal("http://b:1", (string?)JsonNode.Parse(m.Json)!["litellm_params"]!["api_base"]));
        Made(new RemoveBackend { ChangeId = Id(), Name = "http://b:1" });
        Assert.Empty(_overlay.Models);
        Assert.Empty(_overlay.Backends);
        Refused(ChangeRefusal.NotFound, new RemoveBackend { ChangeId = Id(), Name = "http://b:1" });
    }

    [Fact]
    public void WhatTheFileCannotCarry_IsRefusedInItsWords()
    {
        var refused = Refused(ChangeRefusal.Invalid, Add("bad", """{"model_name":"n","litellm_params":{"model":"invalid"}}"""));
        Assert.Equal("invalid it is", refused.Message);
        Refused(ChangeRefusal.Invalid, Add("bad", "[]"));
        Refused(ChangeRefusal.Invalid, Add("bad", """{"a":1,"a":2}"""));
    }

    [Fact]
    public void NoMoreIsKeptThanMayBe()
    {
        for (var i = 0; i < OverlayRules.MostEntries; i++) _overlay = _overlay with { Models = _overlay.Models.Add(new OverlayEntry($"m{i}", "{}")) };
        Refused(ChangeRefusal.Full, Add("one too many"));
        _overlay = CatalogOverlay.None;
        Refused(ChangeRefusal.Full, Add("long", $$$"""{"model_name":"{{{new string('x', OverlayRules.MostCharacters)}}}","litellm_params":{"model":"ollama/x"}}"""));
    }

    [Fact]
    public void AReset_ForgetsEverythingButTheVersion()
    {
        Made(Add("new"));
        Made(Delete("of-the-file"));
        Made(new ResetCatalog { ChangeId = Id() });
        Assert.Equivalent(new CatalogOverlay { Version = 3 }, _overlay);
    }

    /// <summary>Whatever is asked for in whatever order: a refusal changes nothing, an id is never both there and deleted, and never there twice.</summary>
    [Fact]
    public void AnyChanges_KeepTheOverlayInOrder() =>
        Prop.ForAll(Gen.Choose(0, 47).ArrayOf().ToArbitrary(), steps =>
        {
            var overlay = CatalogOverlay.None;
            foreach (var step in steps)
            {
                var (kind, which) = (step % 4, step / 4);
                var id = (which % 4) switch { 0 => "of-the-file", 1 => "other-of-the-file", 2 => "x", _ => "y" };
                CatalogChange change = kind switch
                {
                    0 => Add(id),
                    1 => Update(id, """{"litellm_params":{"timeout":1}}"""),
                    2 => Delete(id),
                    _ => new AddBackend { ChangeId = Id(), Address = "http://b:" + (which % 3), Models = [id] },
                };
                var known = _file.Compile(overlay).Sources.ContainsKey(id);
                var (next, answer) = OverlayRules.Make(overlay, change, _file);
                Assert.Equal(next is null, answer is ChangeRefused);
                if (change is AddModel) Assert.Equal(!known, answer is ChangeMade);
                if (change is DeleteModel or UpdateModel) Assert.Equal(known, answer is ChangeMade);
                overlay = next ?? overlay;
                Assert.Equal(overlay.Models.Length, overlay.Models.DistinctBy(m => m.Key).Count());
                Assert.DoesNotContain(overlay.Models, m => overlay.Deleted.Contains(m.Key));
            }

            return true;
        }).Check(Many);

    private void Made(CatalogChange change)
    {
        var (next, answer) = OverlayRules.Make(_overlay, change, _file);
        Assert.Equal(_overlay.Version + 1, Assert.IsType<ChangeMade>(answer).Version);
        _overlay = next!;
    }

    private ChangeRefused Refused(ChangeRefusal reason, CatalogChange change)
    {
        var (next, answer) = OverlayRules.Make(_overlay, change, _file);
        Assert.Null(next);
        var refused = Assert.IsType<ChangeRefused>(answer);
        Assert.Equal(reason, refused.Reason);
        return refused;
    }

    private string Id() => $"change-{++_changes}";

    private AddModel Add(string id, string? entry = null) => new() { ChangeId = Id(), Id = id, Entry = entry ?? """{"model_name":"n","litellm_params":{"model":"ollama/x"}}""" };

    private UpdateModel Update(string id, string entry) => new() { ChangeId = Id(), Id = id, Entry = entry };

    private DeleteModel Delete(string id) => new() { ChangeId = Id(), Id = id };

    /// <summary>A file of one deployment for each id, each a group of that name; a model called <c>invalid</c> cannot be served.</summary>
    private sealed class FakeFile(params string[] ids) : ICatalogCompiler
    {
        public CompiledCatalog Compile(CatalogOverlay overlay)
        {
            var sources = ids.Except(overlay.Deleted).ToDictionary(id => id, id => $$"""{"model_name":"{{id}}","litellm_params":{"model":"ollama/{{id}}"} }""");
            var problems = ImmutableDictionary<string, string>.Empty;
            foreach (var (id, json) in overlay.Models)
            {
                if (json.Contains("\"invalid\"", StringComparison.Ordinal)) problems = problems.SetItem(id, "invalid it is");
                else sources[id] = json;
            }

            var deployments = sources.Select(s => Deploy(s.Key, JsonNode.Parse(s.Value)!)).ToList();
            var groups = deployments.GroupBy(d => d.Group).Select(g => new ModelGroup(g.Key, [.. g]));
            var backends = deployments.DistinctBy(d => d.Backend).Select(d => new BackendOptions { Name = d.Backend, Url = d.ApiBase, Provider = "ollama" });
            return new CompiledCatalog(new GatewayCatalog(groups, backends, new RoutingOptions(), new GatewaySettings()), sources.ToImmutableDictionary(), problems);
        }

        private static Deployment Deploy(string id, JsonNode entry)
        {
            var address = (string?)entry["litellm_params"]?["api_base"] ?? "http://file:1";
            return new Deployment { Id = id, Group = (string?)entry["model_name"] ?? "", ConfiguredModel = "", Provider = "ollama", Model = "", ApiBase = new Uri(address), Backend = address };
        }
    }
}
