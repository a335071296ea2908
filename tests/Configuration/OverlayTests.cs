using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Tests.Configuration;

/// <summary>Administrators' changes over a file.</summary>
public class OverlayTests
{
    private const string File = """
        model_list:
          - {model_name: a, litellm_params: {model: ollama/x, api_base: "http://one", temperature: 0.5, api_key: os.environ/KEY, keep_alive: "10"}}
          - {model_name: a, litellm_params: {model: ollama/x, api_base: "http://one", temperature: 0.5, api_key: os.environ/KEY, keep_alive: "10"}}
          - {model_name: b, litellm_params: {model: ollama/y, api_base: "http://two"}, model_info: {id: bee, mode: chat}}
        gateway_settings: {backends: {"http://one": {slots: 2, max_queue: 5}}}
        """;

    private readonly LiveCatalog _live = new(File, name => name is "KEY" ? "secret" : null);

    [Fact]
    public void WithoutChanges_TheCatalogIsTheFiles()
    {
        var compiled = _live.Compile(CatalogOverlay.None);
        Assert.Equal(_live.Current.Groups.SelectMany(g => g.Deployments).Select(d => d.Id), compiled.Catalog.Groups.SelectMany(g => g.Deployments).Select(d => d.Id));
        Assert.Equal(compiled.Catalog.Groups.SelectMany(g => g.Deployments).Select(d => d.Id).Order(), compiled.Sources.Keys.Order());
        Assert.All(compiled.Catalog.Groups.SelectMany(g => g.Deployments), d => Assert.True(d.FromFile));
    }

    [Fact]
    public void TheSourceOfAnEntry_KeepsItsReferencesAndTypes()
    {
        var compiled = _live.Compile(CatalogOverlay.None);
        var source = compiled.Sources[compiled.Catalog.FindGroup("a")!.Deployments[0].Id];
        Assert.Equal("""{"model_name":"a","litellm_params":{"model":"ollama/x","api_base":"http://one","temperature":0.5,"api_key":"os.environ/KEY","keep_alive":"10"}}""", source);
    }

    [Fact]
    public void AnEntry_ReadsLikeTheFiles_WithItsReferencesResolved()
    {
        Take(new CatalogOverlay { Version = 1, Models = [new("new", """{"model_name":"c","litellm_params":{"model":"openai/ü😀","api_base":"http://three/v1","api_key":"os.environ/KEY","temperature":0.25,"stop":["a"]},"model_info":{"id":"new"}}""")] });
        var added = _live.Current.FindGroup("c")!.Deployments.Single();
        Assert.Equal(("new", "ü😀", "secret", false), (added.Id, added.Model, added.ApiKey, added.FromFile));
        Assert.Equal(("0.25", """["a"]"""), (added.Defaults["temperature"].GetRawText(), added.Defaults["stop"].GetRawText()));
        Assert.Contains("os.environ/KEY", _live.Compile(new CatalogOverlay { Models = [new("new", """{"model_name":"c","litellm_params":{"model":"openai/x","api_base":"http://three","api_key":"os.environ/KEY"},"model_info":{"id":"new"}}""")] }).Sources["new"], StringComparison.Ordinal);
    }

    [Fact]
    public void AChangedEntry_StandsInItsPlace()
    {
        Take(new CatalogOverlay { Version = 1, Models = [new("bee", """{"model_name":"b","litellm_params":{"model":"ollama/z","api_base":"http://two"},"model_info":{"id":"bee"}}""")] });
        Assert.Equal(["a", "b"], _live.Current.Groups.Select(g => g.Name));
        Assert.Equal("z", _live.Current.FindGroup("b")!.Deployments.Single().Model);
    }

    [Fact]
    public void ADeletedOneOfTwoAlike_LeavesTheOtherItsId()
    {
        var ids = _live.Current.FindGroup("a")!.Deployments.Select(d => d.Id).ToList();
        Take(new CatalogOverlay { Version = 1, Deleted = [ids[0], "bee"] });
        Assert.Equal([ids[1]], _live.Current.Groups.SelectMany(g => g.Deployments).Select(d => d.Id));
    }

    [Fact]
    public void ABackendsOptions_StandInPlaceOfTheFiles_HoweverItsAddressIsWritten()
    {
        Take(new CatalogOverlay { Version = 1, Backends = [new("http://one/", """{"slots":7}"""), new("http://two", """{"max_queue":3}""")] });
        Assert.Equal((7, new BackendOptions { Name = "", Url = new Uri("http://x"), Provider = "" }.MaxQueue), (_live.Current.Backends["http://one"].Slots, _live.Current.Backends["http://one"].MaxQueue));
        Assert.Equal(3, _live.Current.Backends["http://two"].MaxQueue);
    }

    [Theory]
    [InlineData("""{"model_name":"c","litellm_params":{"model":"ollama/x","weight":"heavy"}}""", "litellm_params.weight: expected")]
    [InlineData("""{"model_name":"c","litellm_params":{"model":"nobody/x"}}""", "names no known provider")]
    [InlineData("""{"model_name":"c"}""", "no litellm_params.model")]
    [InlineData("no json", "not JSON")]
    public void AnEntryThatCannotBeServed_IsLeftOutAndTold_AndTheRestIsInForce(string json, string problem)
    {
        var problems = _live.TakeOverlay(new CatalogOverlay { Version = 1, Models = [new("bad", json)], Deleted = ["bee"] }).Problems;
        Assert.Contains(problem, problems["bad"], StringComparison.Ordinal);
        Assert.Equal(["a"], _live.Current.Groups.Select(g => g.Name));
    }

    /// <summary>Who has the master key says what is called, and still does not get the machine's own token out.</summary>
    [Theory]
    [InlineData("\"api_base\":\"http://10.0.0.1\"", false)]
    [InlineData("\"api_base\":\"https://aiplatform.googleapis.com.evil.example\"", false)]
    [InlineData("\"api_base\":\"http://aiplatform.googleapis.com\"", false)]
    [InlineData("\"api_base\":\"http://10.0.0.1\",\"vertex_credentials\":\"/var/machine.json\"", false)]
    [InlineData("\"api_base\":\"http://10.0.0.1\",\"vertex_credentials\":{\"type\":\"authorized_user\"}", true)]
    [InlineData("\"api_base\":\"http://10.0.0.1\",\"api_key\":\"token\"", true)]
    [InlineData("\"api_base\":\"https://eu-aiplatform.googleapis.com\"", true)]
    [InlineData("\"vertex_location\":\"eu\"", true)]
    public void TheMachinesToken_GoesToGoogleOnly_UnlessTheFileSaysOtherwise(string parameters, bool isServed)
    {
        var entry = "{\"model_name\":\"v\",\"litellm_params\":{\"model\":\"vertex_ai/gemini-2.5-pro\",\"vertex_project\":\"p\"," + parameters + "},\"model_info\":{\"id\":\"v\"}}";
        var problems = _live.TakeOverlay(new CatalogOverlay { Version = 1, Models = [new("v", entry)] }).Problems;
        Assert.Equal(isServed, _live.Current.FindGroup("v") is not null);
        if (!isServed) Assert.Contains("litellm_params.api_base", problems["v"], StringComparison.Ordinal);
    }

    [Fact]
    public void AChangedFile_KeepsTheChangesOverIt_AndTheOtherWayRound()
    {
        Take(new CatalogOverlay { Version = 1, Deleted = ["bee"] });
        Assert.False(_live.TakeText(File.Replace("model_name: a", "model_name: renamed", StringComparison.Ordinal)).Report.HasErrors);
        Assert.Equal(["renamed"], _live.Current.Groups.Select(g => g.Name));
        Take(CatalogOverlay.None with { Version = 2 });
        Assert.Equal(["renamed", "b"], _live.Current.Groups.Select(g => g.Name));
    }

    [Fact]
    public void AFileThatHasBecomeFaulty_IsToldOfWithTheOverlay_WhichIsInForceAllTheSame()
    {
        var tries = "1";
        var live = new LiveCatalog("model_list: []\nrouter_settings: {num_retries: os.environ/TRIES}\n", name => name == "TRIES" ? tries : null);
        Assert.DoesNotContain(live.StartReport.Findings, f => f.Kind == FindingKind.Error);
        tries = "many";
        var taken = live.TakeOverlay(new CatalogOverlay { Version = 1 });
        Assert.Equal("router_settings.num_retries", Assert.Single(taken.Report.Findings, f => f.Kind == FindingKind.Error).Path);
        Assert.Equal(1, live.OverlayVersion);
    }

    [Fact]
    public void WhatTheFileWarnsOf_IsNotToldAgainWithTheOverlay_AndOfEachEntryOnce()
    {
        var live = new LiveCatalog("""
            model_list:
              - {model_name: first, litellm_params: {model: openai/x, api_base: "https://a:1"}, model_info: {id: first}}
              - {model_name: second, litellm_params: {model: openai/x, api_base: "https://a:1", ssl_verify: false}, model_info: {id: second}}
            """, _ => null);
        OverlayEntry Entry(string id) => new(id, $$$"""{"model_name":"{{{id}}}","litellm_params":{"model":"openai/x","api_base":"https://a:1","ssl_verify":false},"model_info":{"id":"{{{id}}}"}}""");
        Assert.Single(live.StartReport.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Empty(live.TakeOverlay(new CatalogOverlay { Version = 1, Deleted = ["first"] }).NewWarnings);
        Assert.Equal("model_list[1].litellm_params.ssl_verify", Assert.Single(live.TakeOverlay(new CatalogOverlay { Version = 2, Deleted = ["first"], Models = [Entry("third")] }).NewWarnings).Path);
        Assert.Equal("model_list[2].litellm_params.ssl_verify", Assert.Single(live.TakeOverlay(new CatalogOverlay { Version = 3, Deleted = ["first"], Models = [Entry("third"), Entry("fourth")] }).NewWarnings).Path);
    }

    private void Take(CatalogOverlay overlay) => Assert.Empty(_live.TakeOverlay(overlay).Problems);
}
