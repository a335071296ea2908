using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Tests.Configuration;

/// <summary>A configuration in several files, as LiteLLM reads it.</summary>
public sealed class IncludeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-include-").FullName;

    private string Main => Path.Combine(_folder, "gateway.yaml");

    [Fact]
    public void ListsAreAdded_AnyOtherKeyTakesThePlaceOfWhatIsThere_AndFindingsNameTheFile()
    {
        Write("gateway.yaml", "include:\n  - models.yaml\n" + Model("a") + "litellm_settings: {drop_params: true, request_timeout: 5}\n");
        Write("models.yaml", "\n\n" + Model("b") + "litellm_settings: {request_timeout: 7}\nlitellm_setings: {}\ninclude: [more.yaml]\n");
        Write("more.yaml", Model("c") + "router_settings: {num_retries: [1]}\n");
        var (catalog, report) = Load();
        Assert.Equal(["a", "b", "c"], catalog.Groups.Select(g => g.Name));
        Assert.Equal(
            ["models.yaml 4 Warning litellm_settings", "models.yaml 5 Ignored litellm_setings", "more.yaml 2 Error router_settings.num_retries"],
            report.Findings.Where(f => f.File is not null && f.Kind is FindingKind.Warning or FindingKind.Ignored or FindingKind.Error).Select(f => $"{f.File} {f.Line} {f.Kind} {f.Path}"));
        Assert.DoesNotContain(report.Findings, f => f.Path == "litellm_settings.drop_params");
        Assert.Contains(report.Findings, f => f is { File: null, Line: 2, Path: "include", Text: "models.yaml", Kind: FindingKind.Honoured });
    }

    [Fact]
    public void WhatIsIncludedAndCannotBeRead_IsAnError_AndNotHalfAConfiguration()
    {
        Write("gateway.yaml", "include: [gone.yaml, broken.yaml, gateway.yaml, {a: b}, nul.yaml, \"a\\0b\", good.yaml]\n" + Model("a"));
        Write("broken.yaml", "model_list: [\n");
        Write("nul.yaml", "a: b\n\0");
        Write("good.yaml", Model("b"));
        var errors = Load().Report.Findings.Where(f => f.Kind == FindingKind.Error).Select(f => $"{f.Place}: {f.Text}").ToList();
        Assert.Equal(6, errors.Count);
        Assert.Contains("include: 'gone.yaml': no such file", errors);
        Assert.Contains(errors, e => e.StartsWith("broken.yaml: (file): not valid YAML", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("include: 'gateway.yaml': ", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("include: expected the name of a file", StringComparison.Ordinal));
        Assert.Contains("include: 'nul.yaml': is not text: line 2 has a NUL", errors);
    }

    /// <summary>Whoever has the text alone, and not the files, must not take it for all.</summary>
    [Theory]
    [InlineData("include: [models.yaml]\n", 1)]
    [InlineData("include: models.yaml\n", 1)]
    [InlineData("include: []\n", 0)]
    [InlineData("include:\n", 0)]
    public void ATextWithoutItsFiles_IsAnError(string include, int errors) =>
        Assert.Equal(errors, ConfigLoader.Load(include + Model("a"), _ => null).Report.Findings.Count(f => f.Kind == FindingKind.Error));

    [Fact]
    public void AnIncludedFileThatChanges_ChangesTheText()
    {
        Write("gateway.yaml", "include: [models.yaml]\n");
        Write("models.yaml", Model("a"));
        var files = new ConfigFiles(Main);
        Assert.Null(files.TryRead(out var first));
        Assert.Null(files.TryRead(out var same));
        Assert.Equal(first, same);
        var live = new LiveCatalog(first, _ => null);
        Write("models.yaml", Model("b"));
        Assert.Null(files.TryRead(out var second));
        Assert.False(live.TakeText(second).Report.HasErrors);
        Assert.Equal("b", Assert.Single(live.Current.Groups).Name);
        File.Delete(Path.Combine(_folder, "models.yaml"));
        Assert.Null(files.TryRead(out var without));
        Assert.True(live.TakeText(without).Report.HasErrors);
        Assert.Equal("b", Assert.Single(live.Current.Groups).Name);
    }

    /// <summary>An entry of administrators' is read by itself, beside the variables that stand in the included file.</summary>
    [Fact]
    public void AnOverlay_IsServedBesideVariablesOfAnIncludedFile()
    {
        Write("gateway.yaml", "include: [keys.yaml]\n" + Model("a"));
        Write("keys.yaml", "environment_variables:\n  BOX: \"http://box:1\"\n  BOX: \"http://box:2\"\n");
        Assert.Null(new ConfigFiles(Main).TryRead(out var text));
        var overlay = new CatalogOverlay { Version = 1, Models = [new("id-b", """{"model_name": "b", "litellm_params": {"model": "ollama/x", "api_base": "os.environ/BOX"}}""")] };
        var live = new LiveCatalog(text, _ => null);
        Assert.False(live.TakeOverlay(overlay).Report.HasErrors);
        Assert.Equal(["a", "b"], live.Current.Groups.Select(g => g.Name));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Model(string name) => $"model_list: [{{model_name: {name}, litellm_params: {{model: ollama/x, api_base: \"http://{name}:1\"}}}}]\n";

    private (GatewayCatalog Catalog, ConfigReport Report) Load()
    {
        Assert.Null(new ConfigFiles(Main).TryRead(out var text));
        return ConfigLoader.Load(text, _ => null);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
