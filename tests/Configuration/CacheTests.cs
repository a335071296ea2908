using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Configuration;

/// <summary>LiteLLM's cache settings, wherever they stand.</summary>
public class CacheTests
{
    private const string Models = "model_list:\n  - {model_name: m, litellm_params: {model: ollama_chat/m, api_base: \"http://localhost:1\"}}\n";

    [Fact]
    public void SeedFour_KeepsAnswersForTenMinutes()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Seeds", "4-key-sections.yaml"));
        var (catalog, report) = ConfigLoader.Load(text, _ => null);
        var cache = catalog.Settings.Cache;
        Assert.Equal((true, TimeSpan.FromMinutes(10), false, "redis"), (cache.Enabled, cache.Ttl, cache.Shared, cache.AskedFor));
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Ignored && f.Path.Contains("cache", StringComparison.Ordinal));
        if (Engine.HasOtherNodes)
        {
            Assert.Equal("zoe-redis:6379", cache.Redis);
        }
        else
        {
            Assert.Null(cache.Redis);
            Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Warning, Path: "general_settings.cache_params" } && f.Text!.Contains("Orleans engine", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void WithoutCacheTrue_ItIsOff()
    {
        Assert.False(Load("").Cache.Enabled);
        Assert.False(Load("litellm_settings: {cache: false, cache_params: {type: local}}").Cache.Enabled);
        Assert.False(Load("litellm_settings: {cache_params: {type: local}}").Cache.Enabled);
        Assert.True(Load("litellm_settings: {cache: true}").Cache.Enabled);
        // What stands where LiteLLM looks for it wins.
        Assert.False(Load("litellm_settings: {cache: false}\ngeneral_settings: {cache: true}").Cache.Enabled);
    }

    [Fact]
    public void EveryParameterIsRead()
    {
        var (cache, report) = Load("""
            litellm_settings:
              cache: true
              cache_params: {type: redis, host: h, port: 1234, password: secret, ssl: true, ttl: 5, namespace: n, mode: default_off, supported_call_types: [acompletion, aembedding, atranscription]}
            gateway_settings:
              cache: {max_bytes: 2048, max_entry_bytes: 1024, shared: true}
            """);
        Assert.Equal((TimeSpan.FromSeconds(5), "n", true, true, 2048L, 1024L), (cache.Ttl, cache.Namespace, cache.OptIn, cache.Shared, cache.MaxBytes, cache.MaxEntryBytes));
        Assert.Equal([InferenceKind.Chat, InferenceKind.Embedding], cache.Kinds);
        Assert.Equal(Engine.HasOtherNodes ? "h:1234,password=secret,ssl=true" : null, cache.Redis);
        Assert.DoesNotContain("secret", string.Join('\n', report.Findings.Select(f => f.Text)), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", cache.ToString(), StringComparison.Ordinal);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Ignored && f.Text!.Contains("atranscription", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("redis-semantic")]
    [InlineData("s3")]
    [InlineData("disk")]
    public void ACacheThatIsNotThere_IsSaidLoudly_AndReplaced(string type)
    {
        var (cache, report) = Load($"litellm_settings: {{cache: true, cache_params: {{type: {type}, similarity_threshold: 0.8}}}}");
        Assert.True(cache is { Enabled: true, Redis: null });
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Warning, Path: "litellm_settings.cache_params" } && f.Text!.Contains(type, StringComparison.Ordinal));
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Ignored, Path: "litellm_settings.cache_params.similarity_threshold" });
    }

    [Theory]
    [InlineData("litellm_settings: {cache: 3}", "litellm_settings.cache")]
    [InlineData("litellm_settings: {cache: true, cache_params: {mode: sometimes}}", "litellm_settings.cache_params.mode")]
    [InlineData("litellm_settings: {cache: true, cache_params: {ttl: never}}", "litellm_settings.cache_params.ttl")]
    [InlineData("gateway_settings: {cache: {max_bytes: 1}}", "gateway_settings.cache.max_bytes")]
    public void AMistake_IsAnErrorThatNamesItsKey(string text, string key) =>
        Assert.Equal(key, Assert.Single(Load(text).Report.Findings, f => f.Kind == FindingKind.Error).Path);

    private static (CacheOptions Cache, ConfigReport Report) Load(string rest)
    {
        var (catalog, report) = ConfigLoader.Load(Models + rest, _ => null);
        return (catalog.Settings.Cache, report);
    }
}
