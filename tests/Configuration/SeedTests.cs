using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>The gateway configurations of five teams' LiteLLM set-ups, as they wrote them.</summary>
public class SeedTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Seeds");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void EverySeedConfiguration_LoadsUnchanged(string file)
    {
        var (_, report) = Load(file);
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Error);
        Assert.NotEmpty(report.Findings);
    }

    [Fact]
    public void SeedZero_ServesBothContainersWithOneSlotEachAndFallsBackToTheFirst()
    {
        var (catalog, _) = Load("0-two-containers.yaml");
        Assert.Equal(["qwen2.5:0.5b", "phi3:mini"], catalog.Groups.Select(g => g.Name));
        Assert.All(catalog.Backends.Values, b => Assert.Equal(1, b.Slots));
        Assert.Equal(["http://localhost:11435", "http://localhost:11436"], catalog.Backends.Keys.Order());
        Assert.Equal(TimeSpan.FromSeconds(300), catalog.Routing.Timeouts.Total);
        Assert.Equal(["qwen2.5:0.5b"], catalog.Routing.FallbacksFor("phi3:mini"));
        Assert.Empty(catalog.Routing.FallbacksFor("qwen2.5:0.5b"));
    }

    [Fact]
    public void SeedOne_ExpandsItsKeyAndKeepsItsDefaultsFallbackAndThreshold()
    {
        var (catalog, _) = Load("1-primary-and-fallback.yaml");
        var primary = Assert.Single(catalog.FindGroup("manus-primary")!.Deployments);
        Assert.Equal(("together_ai", "deepseek-chat", "value-of-TOGETHER_API_KEY"), (primary.Provider, primary.Model, primary.ApiKey));
        Assert.Equal(["max_tokens", "temperature"], primary.Defaults.Keys.Order());
        Assert.Equal(4096, primary.Defaults["max_tokens"].GetInt32());
        Assert.Equal(["manus-fallback"], catalog.Routing.FallbacksFor("manus-primary"));
        Assert.Equal(3, catalog.Backends[primary.Backend].AllowedFails);
    }

    [Fact]
    public void SeedOne_LimitsEachUserToAHundredRequestsAndAHundredThousandTokensAMinute()
    {
        var (catalog, report) = Load("1-primary-and-fallback.yaml");
        var limits = catalog.Settings.Limits;
        Assert.Equal((100, 100_000, null), (limits.OfUser("user:ada").Requests, limits.OfUser("user:ada").Tokens, limits.OfUser("user:ada").Parallel));
        Assert.Equal(limits.User, limits.OfUser("key:0123"));
        Assert.Empty(limits.ScopesOf("user:ada", "0123", ["manus-primary"]));
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Translated, Path: "litellm_settings.rate_limit" });
    }

    [Fact]
    public void SeedTwo_ReadsItsKeysFromTheEnvironment()
    {
        var (catalog, _) = Load("2-openai.yaml");
        Assert.Equal("value-of-OPENAI_API_KEY", Assert.Single(catalog.Groups).Deployments[0].ApiKey);
        Assert.NotNull(Load("2-master-key.yaml").Catalog.Settings.MasterKeyHash);
    }

    [Fact]
    public void SeedTwo_KeepsSlashesInTheModelName()
    {
        var deployment = Load("2-huggingface.yaml").Catalog.Groups[0].Deployments[0];
        Assert.Equal("mistralai/Mistral-7B-Instruct-v0.3", deployment.Model);
    }

    [Fact]
    public void SeedFour_SplitsAtTheFirstSlashOnlyAndInfersProviders()
    {
        var (catalog, _) = Load("4-added-models.yaml");
        Assert.Equal("/models/path/to/model.gguf", catalog.FindGroup("new-local-model")!.Deployments[0].Model);
        Assert.Equal(TimeSpan.FromSeconds(30), catalog.FindGroup("new-local-model")!.Deployments[0].Timeouts.Total);
        Assert.Equal("https://api.openai.com", catalog.FindGroup("gpt-4-turbo")!.Deployments[0].Backend);
        Assert.Equal("https://api.anthropic.com", catalog.FindGroup("claude-opus")!.Deployments[0].Backend);
    }

    private static (Catalog.GatewayCatalog Catalog, ConfigReport Report) Load(string file) =>
        ConfigLoader.Load(File.ReadAllText(Path.Combine(Folder, file)), name => name.EndsWith("_KEY", StringComparison.Ordinal) ? "value-of-" + name : null);
}
